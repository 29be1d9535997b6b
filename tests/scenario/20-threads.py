# SPDX-License-Identifier: Apache-2.0
"""Any number of threads (--threads) prints the same bytes: JSON, text and flow rows.

Also what the thread sanitizer looks at: reading ahead, shared blocks, shards, merge, export.
"""
import gzip
import os
import random

from noroshi_test import ethernet, folder, ipv4, pcap_header, pcap_record, run, tcp, udp

PACKETS = 20_000
START = 1_750_000_000


def packet(draw):
    """One of a few hundred sources, busy and rare ones, to one of 4096 addresses."""
    rank = int(400 ** draw.random())
    source = f"45.{rank % 7}.{rank % 251}.{rank * 37 % 256}"
    target = f"198.18.{draw.randrange(16)}.{draw.randrange(256)}"
    port = draw.choice((23, 23, 23, 22, 80, 445, 3389, draw.randrange(1, 65536)))
    if rank % 11 == 0:  # a victim that answers
        return ipv4(source, target, 6, tcp(443, 1024 + draw.randrange(60000), flags=0x12))
    if rank % 7 == 0:
        return ipv4(source, target, 17, udp(4000 + rank, port, b"x" * 8))
    if rank % 3 == 0:  # Mirai
        seq = int.from_bytes(bytes(int(x) for x in target.split(".")), "big")
        return ipv4(source, target, 6, tcp(40000, 23, seq=seq))
    return ipv4(source, target, 6, tcp(50000 + rank, port, seq=draw.getrandbits(32)),
                ip_id=draw.getrandbits(16))


def capture(path):
    draw = random.Random(20)
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(pcap_header())
        for i in range(PACKETS):
            # half an hour, with packets that go back in time by up to three minutes
            when = START + i * 0.09 - (draw.random() * 180 if i % 50 == 0 else 0)
            out.write(pcap_record(when, ethernet(packet(draw))))


def outputs(place, path, threads):
    flows = os.path.join(place, f"{threads}.csv")
    common = ["--threads", threads, "--net", "198.18.0.0/20", "--quiet"]
    printed = run("analyze", *common, "--json", "--top", "all", "--flows", flows, path).stdout
    text = run("analyze", *common, path).stdout
    with open(flows, "rb") as rows:
        return printed, text, rows.read()


def main():
    with folder() as place:
        path = os.path.join(place, "capture.pcap.gz")
        capture(path)
        one = outputs(place, path, 1)
        assert all(len(part) > 1000 for part in one), [len(part) for part in one]
        for threads in (2, 3, 8):
            more = outputs(place, path, threads)
            for name, a, b in zip(("json", "text", "flows"), one, more):
                assert a == b, f"{name} with {threads} threads differs"


main()
