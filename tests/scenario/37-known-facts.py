# SPDX-License-Identifier: Apache-2.0
"""What others found in their captures, held against what we find (facts of the shared data)."""
import csv
import os
import re

import noroshi_test as t

NET = "141.22.28.0/24"  # the reactive telescope's own
OPTIONS = {  # values are not in the table: the usual ones
    "mss": b"\x02\x04\x05\xb4", "window_scale": b"\x03\x03\x07",
    "sack_permitted": b"\x04\x02", "timestamp": b"\x08\x0a" + b"\0\0\0\1" * 2,
}


def tcp_of(row):
    flags = sum(bit for name, bit in (("fin", 1), ("syn", 2), ("rst", 4), ("ack", 16))
                if row[name] == "1")
    options = b"".join(OPTIONS[o] for o in row["options"].split(":") if o)
    options += b"\1" * (-len(options) % 4)
    return t.tcp(int(row["sport"]), int(row["dport"]), flags=flags, seq=int(row["snum"]),
                 window=int(row["window size"]), options=options) + bytes.fromhex(row["payload"])


def spoki(path, target):
    """The rows as packets, without the telescope's own answers. Returns how many SYNs."""
    with open(path, newline="", encoding="ascii") as f:
        rows = [r for r in csv.DictReader(f, delimiter="|")
                if not r["saddr"].startswith("141.22.28.")]
    t.write_pcap(target, [(int(r["ts"]) / 1000,
                           t.ipv4(r["saddr"], r["daddr"], 6, tcp_of(r), ttl=int(r["ttl"]),
                                  ip_id=int(r["ipid"]))) for r in rows])
    return len(rows), sum(r["syn"] == "1" and r["ack"] == "0" for r in rows)


def check_reactive(place):
    path, flows = os.path.join(place, "spoki.pcap"), os.path.join(place, "f.csv")
    packets, syns = spoki(t.shared("data", "reactive", "spoki-2021-10-13-21.csv"), path)
    report = t.analyze("--net", NET, "--flows", flows, path)
    assert report["input"]["packets"] == packets and not report["input"]["skipped"]
    with open(flows, "rb") as f:
        rows = t.csv_rows(f.read())
    scans = [r for r in rows if r["kind"] == "scan"]
    assert sum(int(r["packets"]) for r in scans) == syns == 69
    marks = {}
    for row in scans:
        for mark in re.findall(r"[a-z-]+", row["marks"]):
            marks[mark] = marks.get(mark, 0) + int(row["packets"])
    assert (marks.get("zmap"), marks.get("masscan"), marks.get("mirai", 0)) == (11, 4, 0), marks


def check_scans():
    wanted = [("445_scan.pcap", "176.192.150.3", "horizontal scan", 445, 9),
              ("multiport_scan.pcap", "125.27.226.209", "horizontal scan", None, 1),
              ("port_scan.pcap", "192.168.2.154", "vertical scan", None, 1),
              ("scan_with_zero_windows.pcap", "10.0.0.1", "horizontal scan", 23, 5)]
    for name, address, kind, port, destinations in wanted:
        report = t.analyze(t.shared("data", "scans", name))
        first = report["sources"][0]
        assert (first["address"], first["kind"]) == (address, kind), (name, first)
        assert first["destinations"] >= destinations, (name, first)
        assert port is None or first["ports"][0]["port"] == port, (name, first)
        assert sum("scan" in s["kind"] for s in report["sources"]) == 1, name


def check_amplification():
    report = t.analyze(t.shared("data", "scans", "dns-amplification.pcap"))
    assert report["input"]["packets"] == 7057
    assert report["kinds"]["backscatter"] > 0.9 * 7057
    busiest = max(report["ports"], key=lambda p: p["packets"])
    assert (busiest["proto"], busiest["port"], busiest["kind"]) == ("udp", 53, "backscatter")
    assert any("DNS servers" in w and "reflected" in w for w in report["warnings"])


def main():
    t.shared("data")
    with t.folder() as place:
        check_reactive(place)
    check_scans()
    check_amplification()


main()
