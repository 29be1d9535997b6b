# SPDX-License-Identifier: Apache-2.0
"""noroshi synth: the truth file holds for the capture, decoded here without noroshi's code.

Every type of campaign, both capture formats, the same seed twice, another seed, and what a
person gets to read when a scenario or an output is wrong.
"""
import collections
import datetime
import hashlib
import ipaddress
import json
import os
import shutil
import struct
import subprocess

from noroshi_test import SOURCE, folder, run

SCENARIOS = os.path.join(SOURCE, "examples", "scenarios")
PROTO = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
Packet = collections.namedtuple("Packet", "time src dst ttl ip_id proto l4")


def frames_pcap(data):
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    assert (magic, major, minor, link) == (0xA1B2C3D4, 2, 4, 1)
    at = 24
    while at < len(data):
        seconds, micros, captured, wire = struct.unpack_from("<IIII", data, at)
        assert captured <= wire
        yield seconds * 1_000_000 + micros, data[at + 16:at + 16 + captured]
        at += 16 + captured


def frames_pcapng(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert struct.unpack_from("<I", data, at + length - 4)[0] == length
        if kind == 6:
            _, high, low, captured, _ = struct.unpack_from("<IIIII", data, at + 8)
            yield (high << 32) + low, data[at + 28:at + 28 + captured]
        at += length


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def decode(when, frame):
    ethertype = struct.unpack_from(">H", frame, 12)[0]
    ip = frame[14:]
    if ethertype == 0x0800:
        length, ip_id = struct.unpack_from(">HH", ip, 2)
        assert ip[0] == 0x45 and length == len(ip) and checksum(ip[:20]) == 0xFFFF
        packet = Packet(when, ip[12:16], ip[16:20], ip[8], ip_id, ip[9], ip[20:])
    else:
        assert ethertype == 0x86DD and ip[0] >> 4 == 6
        assert struct.unpack_from(">H", ip, 4)[0] == len(ip) - 40
        packet = Packet(when, ip[8:24], ip[24:40], ip[7], 0, ip[6], ip[40:])
    pseudo = b"" if packet.proto == 1 else \
        packet.src + packet.dst + struct.pack(">II", len(packet.l4), packet.proto)
    assert checksum(pseudo + packet.l4) == 0xFFFF, f"bad checksum: {packet}"
    return packet


def kind(p):
    if p.proto == 6:
        flags = p.l4[13] & 0x3F
        if flags & 0x12 == 0x12 or flags & 4:
            return "backscatter"
        return "scan" if flags == 2 else "stealth"
    if p.proto == 17:
        return "backscatter" if struct.unpack_from(">H", p.l4)[0] in (53, 123, 137, 161) else "scan"
    return "scan" if p.l4[0] in (8, 128) else "backscatter"


def fact(sources, p):
    source = sources.setdefault(p.src, {"packets": 0, "dst": set(), "ports": set(), "kinds": set(),
                                        "first": p.time, "ids": set(), "ttls": set()})
    source["packets"] += 1
    source["dst"].add(p.dst)
    source["kinds"].add(kind(p))
    source["last"] = p.time
    source["ttls"].add(p.ttl)
    if p.proto in (6, 17) and kind(p) != "backscatter":
        source["ports"].add((PROTO[p.proto], struct.unpack_from(">H", p.l4, 2)[0]))


def micros(text):
    """RFC 3339 with six digits, as microseconds since 1970."""
    stamp, fraction = text.rstrip("Z").split(".")
    days, clock = stamp.split("T")
    year, month, day = map(int, days.split("-"))
    hour, minute, second = map(int, clock.split(":"))
    moment = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 1_000_000 + int(fraction)


def check_source(truth, seen):
    where = f"{truth['address']} of {truth['label']}"
    assert seen["packets"] == truth["packets"], where
    assert truth["destinations_exact"] and len(seen["dst"]) == truth["destinations"], where
    assert (micros(truth["first"]), micros(truth["last"])) == (seen["first"], seen["last"]), where
    assert seen["kinds"] == {truth["kind"]}, where
    if seen["ports"]:
        assert len(seen["ports"]) == truth["port_count"], where
        listed = {(p["proto"], p["port"]) for p in truth["ports"]}
        assert listed <= seen["ports"] and len(listed) == min(64, truth["port_count"]), where
    expected = "backscatter" if truth["kind"] == "backscatter" else \
        {(True, True): "block scan", (True, False): "horizontal scan",
         (False, True): "vertical scan"}.get(
             (truth["destinations"] >= 5, truth["port_count"] >= 5), truth["behaviour"])
    assert truth["behaviour"] == expected, where


def check_capture(frames, truth):
    """Sources, kinds, order and the telescope; what no listed source sent is forged."""
    telescope = [ipaddress.ip_network(p) for p in truth["telescope"]]
    inside, sources, kinds, last = {}, {}, collections.Counter(), 0
    for when, frame in frames:
        p = decode(when, frame)
        if p.dst not in inside:
            address = ipaddress.ip_address(p.dst)
            inside[p.dst] = any(address in net for net in telescope)
        assert inside[p.dst], "a packet to another network"
        assert p.time >= last, "time goes back"
        last = p.time
        kinds[kind(p)] += 1
        fact(sources, p)
    assert dict(kinds) == truth["totals"]["kinds"]
    assert sum(kinds.values()) == truth["totals"]["packets"]
    assert micros(truth["start"]) <= last < micros(truth["end"])
    listed = {}
    for source in truth["sources"]:
        key = ipaddress.ip_address(source["address"]).packed
        assert key not in listed, f"{source['address']} twice"
        listed[key] = source
        check_source(source, sources[key])
    forged = [c for c in truth["campaigns"] if c["spoofed"]]
    rest = [s for a, s in sources.items() if a not in listed]
    assert sum(s["packets"] for s in rest) == sum(c["packets"] for c in forged)
    assert abs(len(rest) - sum(c["sources"] for c in forged)) <= len(forged)
    return sources


def check_sums(truth):
    by_label = collections.Counter()
    for source in truth["sources"]:
        by_label[source["label"]] += source["packets"]
    for campaign in truth["campaigns"]:
        if not campaign["spoofed"]:
            assert by_label[campaign["label"]] == campaign["packets"], campaign
    for attack in truth["attacks"]:
        assert micros(attack["start"]) <= micros(attack["first"]) <= micros(attack["last"])
    for worm in truth["worms"]:
        curve = [(p["infected"], p["seen"]) for p in worm["curve"]]
        assert curve == sorted(curve) and curve[-1][0] <= worm["population"]
        assert all(seen <= infected for infected, seen in curve)


EVERY_TYPE = os.path.join(SOURCE, "tests", "fuzz", "corpus", "scenario_fuzz", "every-type")


def synth(place, scenario, name, *more):
    capture, truth = os.path.join(place, name), os.path.join(place, name + ".json")
    run("synth", scenario, "-o", capture, "--truth", truth, *more)
    with open(capture, "rb") as c, open(truth, "rb") as t:
        return c.read(), t.read()


def check_examples(place):
    for path, more in ((EVERY_TYPE, ()), ("quiet.scenario", ("--duration", "20m")),
                       ("tools.scenario", ("--seed", "9", "--duration", "5m")),
                       ("attacks.scenario", ("--duration", "2h"))):
        data, text = synth(place, os.path.join(SCENARIOS, path), "a.pcap", *more)
        truth = json.loads(text)
        check_sums(truth)
        check_capture(frames_pcap(data), truth)


def check_regional_day(place):
    """Every type of the example is in its truth, and a slice of the bytes is as it should be."""
    with open(os.path.join(SCENARIOS, "regional-day.scenario")) as f:
        text = f.read().replace("sources = 45000", "sources = 600")
    path = os.path.join(place, "day.scenario")
    with open(path, "w") as f:
        f.write(text)
    data, truth = synth(place, path, "day.pcap", "--duration", "1h")
    truth = json.loads(truth)
    check_sums(truth)
    labels = {line[1:-1] for line in text.split("\n") if line.startswith("[")}
    assert {c["label"] for c in truth["campaigns"]} == labels
    assert len(data) > 10_000_000


def check_same_bytes(place):
    day = os.path.join(SCENARIOS, "quiet.scenario")
    digests = [hashlib.sha256(b"".join(synth(place, day, f"{i}.pcap", *more))).digest()
               for i, more in enumerate(((), (), ("--seed", "2")))]
    assert digests[0] == digests[1], "the same seed gave other bytes"
    assert digests[0] != digests[2], "another seed gave the same bytes"


def check_formats(place):
    path = os.path.join(place, "both.scenario")
    with open(EVERY_TYPE) as f:
        text = f.read()
    plain, _ = synth(place, EVERY_TYPE, "p.pcap")
    with open(path, "w") as f:
        f.write("format = pcapng\n" + text)
    data, _ = synth(place, path, "n.pcapng")
    assert list(frames_pcapng(data)) == list(frames_pcap(plain))
    with open(path, "w") as f:
        f.write("snaplen = 60\n" + text)
    cut, _ = synth(place, path, "c.pcap")
    assert [(t, f[:60]) for t, f in frames_pcap(plain)] == list(frames_pcap(cut))
    printed = run("synth", EVERY_TYPE, "-o", "-").stdout
    assert printed == plain, "standard output differs from the file"
    assert run("synth", "-", "--output", "-", stdin=text.encode()).stdout == plain


def check_tcpdump(place):
    if not shutil.which("tcpdump"):
        return
    synth(place, EVERY_TYPE, "t.pcap")
    done = subprocess.run(["tcpdump", "-nn", "-vv", "-r", os.path.join(place, "t.pcap")],
                          capture_output=True, check=True, text=True, errors="replace")
    count = sum(" IP " in line or " IP6 " in line for line in done.stdout.split("\n"))
    assert count == len(list(frames_pcap(open(os.path.join(place, "t.pcap"), "rb").read())))
    for word in ("incorrect", "bad udp", "wrong icmp", "truncated"):
        assert word not in done.stdout, word


BAD = (
    ("telescope = 198.18.0.0/16\n[a]\ntype = nosuch\n", 3, "nosuch is not a type"),
    ("telescope = 198.18.0.0/16\n[a]\ntype = mirai\nalpha = 1\n", 4, "'alpha' is not a key"),
    ("telescope = 198.18.0.0/16\n[a]\ntype = mirai\nhits = 0\n", 4, "not a count or a range"),
    ("telescope = 198.18.0.0/16\n[a]\ntype = mirai\nports = 70000\n", 4, "ports = 70000"),
    ("telescope = 198.18.0.0/16\n[a]\ntype = mirai\nhits = 5\nrate = 2\n", 2, "one of hits"),
    ("telescope = 198.18.0.1/16\n", 1, "without host bits"),
    ("telescope = 198.18.0.0/16\nspeed = 2\n", 2, "'speed' is not a key of the global part"),
    ("telescope = 2001:db8::/48\n[a]\ntype = mirai\n", 2, "no IPv4 prefix"),
    ("telescope = 10.200.0.0/16\n[a]\ntype = conficker\n", 2, "reaches no address"),
    ("telescope = 198.18.0.0/16\n[a]\ntype = zmap\nfrom = 192.0.2.0/31\n", 2, "too few addresses"),
    ("telescope = 198.18.0.0/16\n[a]\nhits = 3\n", 2, "has no type"),
    ("[a]\ntype = mirai\n", 0, "no telescope"),
    ("telescope = 198.18.0.0/16\n", 0, "no traffic"),
)


def check_refusals(place):
    path = os.path.join(place, "bad.scenario")
    target = os.path.join(place, "old.pcap")
    with open(target, "w") as f:
        f.write("old")
    for text, line, message in BAD:
        with open(path, "w") as f:
            f.write(text)
        said = run("synth", path, "-o", target, status=2).stderr.decode()
        assert message in said, (text, said)
        assert (f"{path}:{line}: " if line else f"{path}: ") in said, (text, said)
    for args in ((path,), (path, "extra", "-o", target), ("-o", target),
                 (path, "-o", "-", "--truth", "-"), (path, "-o", target, "--seed", "x")):
        run("synth", *args, status=2)
    with open(target) as f:
        assert f.read() == "old", "a refused scenario touched the old capture"
    assert sorted(os.listdir(place)) == ["bad.scenario", "old.pcap"], "temporary files stay"


def check_outputs(place):
    """A full disk, a missing folder, a missing scenario: a clear word and status 1."""
    for output, word in (("/dev/full", "No space left"),
                         (os.path.join(place, "no", "such", "x.pcap"), "No such file")):
        said = run("synth", EVERY_TYPE, "-o", output, status=1).stderr.decode()
        assert output in said and word in said, said
    said = run("synth", EVERY_TYPE, "-o", os.path.join(place, "x.pcap"), "--truth", "/dev/full",
               status=1).stderr.decode()
    assert "/dev/full" in said, said
    said = run("synth", os.path.join(place, "none.scenario"), "-o", "-", status=1).stderr.decode()
    assert "none.scenario" in said and "No such file" in said, said
    left = set(os.listdir(place)) - {"bad.scenario", "old.pcap", "x.pcap"}
    assert not left, f"temporary files stay: {left}"


def main():
    with folder() as place:
        check_examples(place)
        check_regional_day(place)
        check_same_bytes(place)
        check_formats(place)
        check_tcpdump(place)
    with folder() as place:
        check_refusals(place)
        check_outputs(place)


main()
