#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Victims of forged floods, seen by a /16: states, rates and the published rule."""
import os
import random

from noroshi_test import analyze, folder, ipv4, pcap_header, pcap_record, tcp

START, TELESCOPE = 1700000000, 65536
DRAW = random.Random(41)


def target():
    return f"44.0.{DRAW.randrange(256)}.{DRAW.randrange(256)}"


def answer(victim, port, to):
    return ipv4(victim, to, 6, tcp(port, DRAW.randrange(1024, 65536), flags=0x12, seq=DRAW.getrandbits(32)))


def flood(victim, port, begin, seconds, pps):
    """Answers of a victim that gets `pps` packets/s with forged sources from all of IPv4."""
    when = begin + DRAW.expovariate(pps * TELESCOPE / 2**32)
    while when < begin + seconds:
        yield START + when, answer(victim, port, target())
        when += DRAW.expovariate(pps * TELESCOPE / 2**32)


def events():
    yield from flood("1.1.1.1", 443, 100, 600, 50000)   # over when the capture ends
    yield from flood("2.2.2.2", 80, 100, 20, 60000)     # too short: withdrawn
    yield from flood("3.3.3.3", 22, 3500, 200, 30000)   # still running
    yield from flood("4.4.4.4", 25, 3660, 40, 60000)    # just begun
    yield from flood("6.6.6.6", 80, 100, 3000, 1000)    # slower than the published rule sees
    for second in range(3700):                          # somebody's own broken connection
        yield START + second, answer("5.5.5.5", 9, "44.0.0.1")


with folder() as where:
    capture = os.path.join(where, "answers.pcap")
    with open(capture, "wb") as out:
        out.write(pcap_header(link=101))
        for when, packet in sorted(events(), key=lambda e: e[0]):
            out.write(pcap_record(when, packet))
    report = analyze("--net", "44.0.0.0/16", capture)
    published = analyze("--net", "44.0.0.0/16", "--rsdos-compat", capture)

attacks = {a["victim"]: a for a in report["attacks"]}
states = {victim: a["state"] for victim, a in attacks.items()}
assert states == {"1.1.1.1": "closed", "2.2.2.2": "withdrawn", "3.3.3.3": "confirmed",
                  "4.4.4.4": "provisional", "6.6.6.6": "closed"}, states
for victim, pps in (("1.1.1.1", 50000), ("2.2.2.2", 60000), ("3.3.3.3", 30000), ("4.4.4.4", 60000),
                    ("6.6.6.6", 1000)):
    rate = attacks[victim]["rate_pps"]
    assert rate["low"] <= pps <= rate["high"], (victim, rate)
    assert rate["low"] < rate["estimate"] < rate["high"], rate
assert attacks["1.1.1.1"]["port"] == 443 and attacks["1.1.1.1"]["proto"] == "tcp"
assert all(a["rule"] == "telescope" for a in attacks.values())

# The published rule asks for no second destination, and for 30 packets in a minute.
states = {a["victim"]: a["state"] for a in published["attacks"]}
assert states == {"1.1.1.1": "closed", "3.3.3.3": "confirmed", "5.5.5.5": "confirmed"}, states
assert {a["rule"] for a in published["attacks"]} == {"rsdos"}
assert abs(report["limits"]["smallest_victim_pps"] - 32768) < 1
