# SPDX-License-Identifier: Apache-2.0
"""noroshi detect: a rise on one port is told; batch files of two sensors, a checkpoint between, and
bad inputs."""
import json
import os
import random

from noroshi_test import folder, ipv4, run, tcp, write_pcap

START = 1767225600
HOUR = 3600


def packets(seed, rise_from, end):
    """A dozen ports with a steady number of sources; one has four times as many for an hour."""
    rng = random.Random(seed)
    found = []
    for minute in range(end // 60):
        for port in range(1000, 1012):
            risen = port == 1003 and rise_from <= minute * 60 < rise_from + HOUR
            for _ in range(rng.randrange(0, 25 if risen else 7)):
                source = f"20.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
                found.append((START + minute * 60 + rng.random() * 59, ipv4(
                    source, f"198.18.0.{rng.randrange(256)}", 6, tcp(40000, port))))
    return sorted(found, key=lambda p: p[0])


def events_of(done):
    return [e for e in json.loads(done.stdout)["events"] if e["subject"] == "1003/tcp"]


def main():
    with folder() as place:
        at = {name: os.path.join(place, name)
              for name in ("all.pcap", "a.pcap", "b.pcap", "state", "junk", "all.batch")}
        traffic = packets(1, 6 * HOUR, 9 * HOUR)
        half = [p for p in traffic if p[0] < START + 6 * HOUR + 1000]
        write_pcap(at["all.pcap"], traffic)
        write_pcap(at["a.pcap"], half)
        write_pcap(at["b.pcap"], [p for p in traffic if p[0] >= START + 6 * HOUR + 600])
        whole = events_of(run("detect", "--json", at["all.pcap"]))
        assert len(whole) == 1 and whole[0]["what"] == "rise", whole
        assert whole[0]["state"] == "closed" and whole[0]["evidence"]["peak"] > 60, whole
        assert b"1003/tcp" in run("detect", at["all.pcap"]).stdout

        # The same through flow rows.
        run("analyze", "--quiet", "--net", "198.18.0.0/24", "--flows", at["all.batch"],
            at["all.pcap"])
        rows = events_of(run("detect", "--json", at["all.batch"]))
        assert [e["id"] for e in rows] == [e["id"] for e in whole], rows

        # Stopped in the middle of the rise, and gone on with what was open.
        first = run("detect", "--checkpoint", at["state"], "--changes", at["a.pcap"])
        assert os.path.getsize(at["state"]) > 1000
        second = run("detect", "--checkpoint", at["state"], "--changes", at["b.pcap"])
        told = [json.loads(line) for line in (first.stdout + second.stdout).splitlines()]
        told = [e for e in told if e["subject"] == "1003/tcp"]
        assert {e["id"] for e in told} == {whole[0]["id"]}, told
        assert told[-1] == whole[0], told[-1]
        assert [e["serial"] for e in told] == list(range(1, len(told) + 1)), told

        # A damaged checkpoint is said and left alone; a file that is nothing is said.
        with open(at["state"], "r+b") as state:
            state.seek(500)
            state.write(b"\xff\x00\xff")
        before = open(at["state"], "rb").read()
        bad = run("detect", "--checkpoint", at["state"], at["b.pcap"], status=1)
        assert b"checkpoint" in bad.stderr, bad.stderr
        assert open(at["state"], "rb").read() == before
        with open(at["junk"], "wb") as junk:
            junk.write(b"nothing to see")
        assert b"junk" in run("detect", at["junk"], status=1).stderr
        assert b"no detector" in run("detect", "--only", "oracle", at["all.pcap"], status=2).stderr
        run("detect", status=2)
        mixed = run("detect", at["all.pcap"], at["all.batch"], status=2)
        assert b"not both" in mixed.stderr


main()
