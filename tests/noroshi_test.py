# SPDX-License-Identifier: Apache-2.0
"""What the golden, scenario and interop tests share: run the program, build captures, check.

A test is a script; a failed assert fails it. skip() leaves it loudly with exit status 77.
"""
import csv
import io
import ipaddress
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("NOROSHI", "build/noroshi")
SOURCE = os.environ.get("NOROSHI_SOURCE", ".")
SHARED = os.environ.get("NOROSHI_SHARED", os.path.join(SOURCE, "..", "shared"))


def skip(reason):
    print(f"SKIPPED: {reason}", file=sys.stderr)
    sys.exit(77)


def shared(*parts):
    """A path in the shared folder; the test is skipped where it is absent."""
    path = os.path.join(SHARED, *parts)
    if not os.path.exists(path):
        skip(f"{path} is not there")
    return path


def run(*args, stdin=None, status=0, **more):
    """Run noroshi; returns the CompletedProcess. `status` None accepts any exit status."""
    done = subprocess.run([PROGRAM, *map(str, args)], input=stdin, capture_output=True,
                          timeout=600, **more)
    if status is not None and done.returncode != status:
        sys.exit(f"noroshi {' '.join(map(str, args))}: exit {done.returncode}, not {status}\n"
                 f"{done.stderr.decode(errors='replace')}")
    return done


def analyze(*args, **more):
    """noroshi analyze --json, parsed."""
    return json.loads(run("analyze", "--json", *args, **more).stdout)


def sanitized():
    """True for a build with sanitizers, whose time and memory say nothing."""
    cache = os.path.join(os.environ.get("NOROSHI_BUILD", "build"), "CMakeCache.txt")
    if not os.path.exists(cache):
        return False
    with open(cache, encoding="utf-8") as f:
        return any(re.match("NOROSHI_SANITIZE:[A-Z]+=.", line) for line in f)


def folder():
    """A temporary folder that goes away with the test."""
    return tempfile.TemporaryDirectory(prefix="noroshi-test-")


def pcap_header(link=1, snaplen=65535, magic=0xA1B2C3D4):
    return struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, link)


def pcap_record(when, frame, wire=None):
    seconds = int(when)
    micros = int(round((when - seconds) * 1e6))
    return struct.pack("<IIII", seconds, micros, len(frame), wire or len(frame)) + frame


def ethernet(payload, ethertype=0x0800):
    return b"\x02" * 6 + b"\x04" * 6 + struct.pack(">H", ethertype) + payload


def ipv4(src, dst, proto, payload, ttl=64, ip_id=1, flags=0):
    def address(text):
        return bytes(int(x) for x in text.split("."))
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ip_id, flags, ttl, proto, 0) + \
        address(src) + address(dst) + payload


def tcp(sport, dport, flags=2, seq=0, window=1024, options=b""):
    return struct.pack(">HHIIBBHHH", sport, dport, seq, 0, (5 + len(options) // 4) << 4, flags,
                       window, 0, 0) + options


def udp(sport, dport, payload=b""):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def icmp(kind, code, quoted=b""):
    return struct.pack(">BBHI", kind, code, 0, 0) + quoted


def ipv6(src, dst, next_header, payload, hops=64):
    return struct.pack(">IHBB", 6 << 28, len(payload), next_header, hops) + \
        ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed + payload


def write_pcap(path, packets):
    """packets: (time, IP packet); the version nibble chooses the Ethernet type."""
    with open(path, "wb") as out:
        out.write(pcap_bytes(packets))


def pcap_bytes(packets):
    frames = (pcap_record(when, ethernet(p, 0x86DD if p[0] >> 4 == 6 else 0x0800))
              for when, p in packets)
    return pcap_header() + b"".join(frames)


def csv_rows(text):
    return list(csv.DictReader(io.StringIO(text.decode() if isinstance(text, bytes) else text)))
