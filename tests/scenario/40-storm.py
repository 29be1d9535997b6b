#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A million SYNs, every field drawn at random: no source is named, no attack is seen."""
import os
import random
import struct

from noroshi_test import analyze, folder, pcap_header

PACKETS = 1000000


def storm(path):
    draw = random.Random(40).getrandbits
    records = []
    for i in range(PACKETS):
        micros = i * 3000
        records.append(struct.pack("<IIII", 1700000000 + micros // 1000000, micros % 1000000, 40, 40))
        records.append(struct.pack(">BBHHHBBHII", 0x45, 0, 40, draw(16), 0, draw(8) | 1, 6, 0,
                                   0xE0000000 - 1 - draw(31), 0x2C000000 | draw(16)))
        records.append(struct.pack(">HHIIBBHHH", draw(16), draw(16), draw(32), 0, 0x50, 2, draw(16), 0, 0))
    with open(path, "wb") as out:
        out.write(pcap_header(link=101))
        out.write(b"".join(records))


with folder() as where:
    capture = os.path.join(where, "storm.pcap")
    storm(capture)
    report = analyze(capture)

assert report["telescope"]["prefixes"] == ["44.0.0.0/16"], report["telescope"]
assert report["telescope"]["inferred"]
named = {name: t for name, t in report["tools"].items() if name != "unknown" and t["sources"]}
assert not named, named
assert report["tools"]["unknown"]["packets"] == PACKETS
assert report["attacks"] == []
assert {s["kind"] for s in report["sources"]} == {"probe"}
