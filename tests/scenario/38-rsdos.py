# SPDX-License-Identifier: Apache-2.0
"""--rsdos-compat reports what the published rule says and nothing else: random answers of
hundreds of victims, against a reference that keeps every packet (any number of --threads)."""
import datetime
import os
import random

from noroshi_test import analyze, folder, icmp, ipv4, tcp, udp, write_pcap

START = 1_750_000_000
VICTIMS = 400
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}


def answer(draw, victim, proto, target):
    """A packet that speaks of the victim over the protocol: its own, or a router's error."""
    if draw.random() < 0.3:
        inner = {1: icmp(8, 0), 6: tcp(999, 80), 17: udp(999, 80)}[proto]
        return ipv4(f"8.8.{draw.randrange(256)}.1", target, 1,
                    icmp(draw.choice((3, 11)), 1, ipv4(target, victim, proto, inner)))
    body = {1: icmp(0, 0), 6: tcp(80, 999, flags=draw.choice((0x12, 0x14, 4))),
            17: udp(53, 999)}[proto]
    return ipv4(victim, target, proto, body)


def train(draw):
    """Times of one victim's answers in microseconds, chosen to lie around the rule's limits."""
    when = START * 1_000_000 + draw.randrange(3_600_000_000)
    for _ in range(draw.choice((1, 1, 2, 3))):
        gap = draw.choice((500_000, 1_900_000, 2_000_000, 2_400_000, 4_000_000))
        for _ in range(draw.choice((20, 24, 25, 26, 30, 31, 60, 200))):
            yield when
            when += int(gap * draw.choice((1, 1, draw.random() * 2)))
        when += draw.choice((10, 200, 299, 301, 450, 600, 900)) * 1_000_000


def vectors(times):
    """Cut where a whole interval of 300 s, aligned to 1970, went by without a packet."""
    part = []
    for when in times:
        if part and when // 300_000_000 > part[-1] // 300_000_000 + 1:
            yield part
            part = []
        part.append(when)
    yield part


def passes(times):
    """>= 25 packets, >= 60 s, >= 30 packets in a 60 s window that slides by 10 s."""
    first = times[0] // 1_000_000
    seconds = [t // 1_000_000 - first for t in times]
    highest = max(sum(start <= s < start + 60 for s in seconds)
                  for start in range(-50, seconds[-1] + 1, 10))
    return len(times) >= 25 and times[-1] - times[0] >= 60_000_000 and highest >= 30


def stamp(text):
    """RFC 3339 with microseconds to microseconds."""
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(when.timestamp()) * 1_000_000 + when.microsecond


def main():
    draw, packets, wanted = random.Random(38), [], set()
    for i in range(VICTIMS):
        victim, proto = f"93.7.{i // 250}.{i % 250 + 1}", draw.choice((1, 6, 6, 17))
        times = list(train(draw))
        for when in times:
            target = f"45.45.{draw.randrange(256)}.{draw.randrange(256)}"
            packets.append((when, answer(draw, victim, proto, target)))
        wanted |= {(victim, proto, p[0], p[-1], len(p)) for p in vectors(times) if passes(p)}
    assert 50 < len(wanted) < 600
    with folder() as place:
        path = os.path.join(place, "answers.pcap")
        write_pcap(path, ((w / 1e6, p) for w, p in sorted(packets, key=lambda x: x[0])))
        for threads in (1, 4):
            report = analyze("--rsdos-compat", "--net", "45.45.0.0/16", "--threads", threads, path)
            found = {(a["victim"], PROTOCOLS[a["proto"]], stamp(a["start"]), stamp(a["end"]),
                      a["packets"]) for a in report["attacks"]}
            assert len(found) == len(report["attacks"])
            assert all(a["rule"] == "rsdos" for a in report["attacks"])
            assert found == wanted, (sorted(found - wanted)[:5], sorted(wanted - found)[:5])


main()
