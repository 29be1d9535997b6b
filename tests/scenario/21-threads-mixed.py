# SPDX-License-Identifier: Apache-2.0
"""IPv4, IPv6, fragments, ICMP errors and answers: the same JSON, CSV and batch bytes for 1, 2,
3 and 7 --threads, and every packet in one row."""
import os
import random

from noroshi_test import (analyze, csv_rows, folder, icmp, ipv4, ipv6, run, tcp, udp, write_pcap)

PACKETS = 12_000
START = 1_750_000_000


def one(draw):
    number = int(300 ** draw.random())
    source, target = f"45.9.{number % 5}.{number % 250}", f"198.18.0.{draw.randrange(256)}"
    source6, target6 = f"2001:db8:{number % 9:x}::{number:x}", f"2001:db8:ffff::{draw.randrange(99):x}"
    port = draw.choice((23, 443, draw.randrange(65536)))
    shape = draw.randrange(10)
    if shape == 0:
        return ipv6(source6, target6, 6, tcp(port, 23))
    if shape == 1:
        return ipv6(source6, target6, 58, icmp(draw.choice((1, 3, 128, 129)), 0, b"x" * 48))
    if shape == 2:  # a first fragment, or one without its header
        return ipv4(source, target, 17, udp(53, port, b"q" * 30),
                    flags=draw.choice((0x2000, 0x0003, 0x2002)))
    if shape == 3:  # an error that quotes what somebody sent in our name
        inner = ipv4(target, f"9.9.9.{number % 20}", 6, tcp(1000, 80))
        return ipv4(source, target, 1, icmp(3, 1, inner))
    if shape == 4:
        return ipv4(source, target, 6, tcp(80, port, flags=0x12))
    if shape == 5:
        return ipv4(source, target, draw.choice((2, 47, 50, 132)), b"\0" * 12)
    if shape == 6:
        return ipv4(source, target, 6, b"cut")
    return ipv4(source, target, 6, tcp(number, port, seq=draw.getrandbits(32)))


def outputs(place, path, threads):
    found = []
    for ending in ("csv", "batch", "jsonl"):
        flows = os.path.join(place, f"{threads}.{ending}")
        found.append(run("analyze", "--json", "--top", "all", "--quiet", "--threads", threads,
                         "--flows", flows, path).stdout)
        with open(flows, "rb") as f:
            found.append(f.read())
    return found


def main():
    with folder() as place:
        path, draw = os.path.join(place, "mixed.pcap"), random.Random(21)
        write_pcap(path, ((START + i * 0.05, one(draw)) for i in range(PACKETS)))
        first = outputs(place, path, 1)
        rows = csv_rows(first[1])
        assert sum(int(r["packets"]) for r in rows) == PACKETS
        assert {r["proto"] for r in rows} > {"1", "6", "17", "58", "47"} or \
            {"icmp", "tcp", "udp"} <= {r["proto"] for r in rows}, {r["proto"] for r in rows}
        assert any(":" in r["source"] for r in rows)
        for threads in (2, 3, 7):
            more = outputs(place, path, threads)
            assert [a == b for a, b in zip(first, more)] == [True] * 6, threads
        report = analyze("--quiet", path)
        assert sum(report["kinds"].values()) == PACKETS, report["kinds"]
        assert report["kinds"]["malformed"] > 0 and report["kinds"]["backscatter"] > 0


main()
