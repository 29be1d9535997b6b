# SPDX-License-Identifier: Apache-2.0
"""The benchmark's capture is what the benchmark says that it is, and the same each time."""
import collections
import os
import struct
import subprocess

from noroshi_test import folder, skip

BENCH = os.path.join(os.environ["NOROSHI_BUILD"], "bench")
PACKETS = 50_000
SYN, SYN_ACK, RST = 0x02, 0x12, 0x04


def bench(name, *args):
    program = os.path.join(BENCH, "bench_" + name)
    if not os.path.exists(program):
        skip(f"{program} is not built: ninja bench_programs")
    return subprocess.run([program, *args], capture_output=True, text=True, check=True,
                          timeout=60).stdout


def records(path):
    with open(path, "rb") as f:
        data = f.read()
    assert data[:24] == struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    at = 24
    while at < len(data):
        seconds, micros, captured, wire = struct.unpack_from("<IIII", data, at)
        assert captured == wire and micros < 1_000_000
        yield seconds * 1_000_000 + micros, data[at + 16:at + 16 + captured]
        at += 16 + captured
    assert at == len(data)


def ones_sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def check_frame(frame):
    """Lengths and checksums hold, the destination is monitored; returns what the packet is."""
    ip = frame[14:]
    assert frame[12:14] == b"\x08\x00" and ip[0] == 0x45
    assert len(ip) == int.from_bytes(ip[2:4], "big") and ones_sum(ip[:20]) == 0xFFFF
    assert ip[16:18] == bytes((198, 18)) and ip[12:14] not in (bytes((198, 18)), bytes((198, 19)))
    proto, body = ip[9], ip[20:]
    pseudo = b"" if proto == 1 else ip[12:20] + struct.pack(">HH", proto, len(body))
    assert ones_sum(pseudo + body) == 0xFFFF
    if proto != 6:
        return {1: "icmp", 17: "udp"}[proto]
    flags = body[13]
    if flags == SYN:
        seq, dst = body[4:8], ip[16:20]
        return "mirai" if seq == dst else "syn"
    return "rst" if flags & RST else {SYN_ACK: "synack"}[flags]


def main():
    with folder() as place:
        paths = [os.path.join(place, name) for name in ("one.pcap", "two.pcap")]
        for path in paths:
            bench("make_capture", path, str(PACKETS))
        with open(paths[0], "rb") as one, open(paths[1], "rb") as two:
            assert one.read() == two.read()
        classes, sources, last, size = collections.Counter(), collections.Counter(), 0, 0
        for when, frame in records(paths[0]):
            assert when >= last
            last = when
            size += len(frame)
            classes[check_frame(frame)] += 1
            sources[frame[26:30]] += 1
        total = sum(classes.values())
        assert total == PACKETS
        assert abs((classes["syn"] + classes["mirai"]) / total - 0.8) < 0.01, classes
        assert abs(classes["mirai"] / total - 0.16) < 0.01, classes
        assert all(classes[name] for name in ("synack", "rst", "udp", "icmp")), classes
        # Zipf with s = 1 over 300 thousand: the first has 1 / H(300000) = 7.6 % of all.
        assert abs(sources.most_common(1)[0][1] / total - 0.0759) < 0.01
        assert 60 <= size / total + 16 <= 76
        for reader in ("bare_walk", "pcap_loop"):
            assert bench(reader, paths[0]).startswith(f"{PACKETS} packets, {size} bytes"), reader


main()
