# SPDX-License-Identifier: Apache-2.0
"""What the golden, scenario and interop tests share: run the program, build captures, check.

A test is a script; a failed assert fails it. skip() leaves it loudly with exit status 77.
"""
import json
import os
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
