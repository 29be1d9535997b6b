#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One source for each tool, made from the tools' descriptions, and some that only look alike."""
import os
import random
import struct

from noroshi_test import analyze, folder, ipv4, pcap_header, pcap_record, tcp, udp

DRAW = random.Random(42)
MSS = b"\x02\x04\x05\xb4"
WINDOWS = MSS + b"\x01\x03\x03\x08\x01\x01\x04\x02"


def number(address):
    return struct.unpack(">I", bytes(int(x) for x in address.split(".")))[0]


def target(fourth=256):
    return f"44.0.{DRAW.randrange(256)}.{DRAW.randrange(fourth)}"


def syn(src, dst, port, ip_id=None, ttl=50, **fields):
    fields.setdefault("seq", DRAW.getrandbits(32))
    fields.setdefault("window", 29200)
    fields.setdefault("options", MSS + b"\x01\x03\x03\x07")
    sport = fields.pop("sport", DRAW.randrange(1024, 65536))
    ip_id = DRAW.getrandbits(16) if ip_id is None else ip_id
    return ipv4(src, dst, 6, tcp(sport, port, **fields), ttl=ttl, ip_id=ip_id)


def mirai(src):
    to = target()
    return syn(src, to, DRAW.choice((23, 2323, 5555)), seq=number(to), options=b"")


def zmap_old(src):
    return syn(src, target(), 443, ip_id=54321, window=65535, options=b"")


def zmap_new(src):
    return syn(src, target(), 443, window=65535, options=WINDOWS)


def masscan(options):
    def probe(src):
        to, seq = target(), DRAW.getrandbits(32)
        return syn(src, to, 8080, ip_id=(number(to) ^ 8080 ^ seq) & 0xFFFF, seq=seq, window=1024,
                   options=options)
    return probe


def unicorn(src):
    sport = DRAW.randrange(1024, 65536)
    return syn(src, target(), 22, sport=sport, seq=0xBADC0DE ^ number(src) ^ ((sport << 16) + 22))


def hajime(src):
    return syn(src, target(), 5358, window=14600, seq=DRAW.getrandbits(16) << 16)


def nmap(src):
    return syn(src, target(), 21, window=1024, options=MSS)


def irregular(src):
    return syn(src, target(), 3389, options=b"", ttl=240)


def conficker(src):
    return syn(src, target(128), 445, window=16384)


def worm(sport, dport, payload):
    return lambda src: ipv4(src, target(), 17, udp(sport or DRAW.randrange(1024, 65536),
                                                   dport or DRAW.randrange(1, 65536), payload))


def plain(src):
    return syn(src, target(), 80)


def windows_host(src):
    """Not ZMap: a worm on Windows tries each address three times."""
    probe = syn(src, target(), 445, window=65535, options=WINDOWS)
    return [probe] * 3


SOURCES = (
    # made by, packets, address, label
    (mirai, 2, "1.0.0.1", "mirai"), (mirai, 500, "1.0.0.2", "mirai"), (mirai, 1, "1.0.0.3", "unknown"),
    (zmap_old, 2, "2.0.0.1", "zmap"), (zmap_old, 1, "2.0.0.2", "unknown"),
    (zmap_new, 2, "2.0.0.3", "zmap-like"), (windows_host, 10, "2.0.0.4", "unknown"),
    (masscan(b""), 2, "3.0.0.1", "masscan"), (masscan(MSS), 50, "3.0.0.2", "masscan"),
    (unicorn, 3, "4.0.0.1", "unicorn"), (unicorn, 2, "4.0.0.2", "unknown"),
    (hajime, 2, "5.0.0.1", "hajime-like"), (nmap, 10, "5.0.0.2", "nmap-like"),
    (irregular, 5, "5.0.0.3", "stateless irregular"),
    (conficker, 25, "6.0.0.1", "conficker"), (conficker, 12, "6.0.0.2", "unknown"),
    (worm(None, 1434, b"\x04" + b"\x01" * 375), 3, "7.0.0.1", "slammer"),
    (worm(4000, None, b"\x05\x00" + b"\x00" * 800), 3, "7.0.0.2", "witty"),
    (plain, 300, "8.0.0.1", "unknown"), (plain, 2, "8.0.0.2", "unknown"),
)


with folder() as where:
    capture = os.path.join(where, "tools.pcap")
    packets = []
    for make, count, address, _ in SOURCES:
        for _ in range(count):
            made = make(address)
            packets.extend(made if isinstance(made, list) else [made])
    with open(capture, "wb") as out:
        out.write(pcap_header(link=101))
        for i, packet in enumerate(packets):
            out.write(pcap_record(1700000000 + i * 0.05, packet))
    report = analyze("--net", "44.0.0.0/16", "--top", "all", capture)

got = {s["address"]: s for s in report["sources"]}
wrong = {a: (got[a]["tool"], want) for _, _, a, want in SOURCES if got[a]["tool"] != want}
assert not wrong, wrong
for source in got.values():
    if source["tool"] in ("unknown", "zmap-like", "nmap-like", "stateless irregular"):
        assert source["tool_p"] is None, source
    else:
        assert 0 < source["tool_p"] < 1e-6, source
assert got["1.0.0.2"]["tool_packets"] == 500 and got["1.0.0.2"]["kind"] == "horizontal scan"
