# SPDX-License-Identifier: Apache-2.0
"""Captures that others made, many of them broken on purpose: each is read or refused with a
reason, none crashes, and where tcpdump reads a file to its end the packets are as many."""
import glob
import json
import os
import shutil
import struct
import subprocess
import sys

import noroshi_test as t

FOLDERS = ("hostile", "pcapng", "scans")
# tcpdump writes what it reads as pcap; ours must count the same records. It stops at a section
# or interface that differs from the first, which we do not: those files count at least as many.


def tcpdump_count(path):
    """Packets in the file and whether tcpdump came to its end; None where it refuses it."""
    done = subprocess.run(["tcpdump", "-r", path, "-w", "-"], capture_output=True, timeout=60)
    data, at, count = done.stdout, 24, 0
    if len(data) < 24:
        return None
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    while at + 16 <= len(data):
        at += 16 + struct.unpack(order + "I", data[at + 8:at + 12])[0]
        count += 1
    return count, done.returncode == 0


def analyze(path):
    done = subprocess.run([t.PROGRAM, "analyze", "--json", path], capture_output=True, timeout=60)
    errors = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1), f"{path}: exit {done.returncode}\n{errors}"
    assert "runtime error" not in errors and "Sanitizer" not in errors, f"{path}:\n{errors}"
    if done.returncode == 1:
        assert os.path.basename(path) in errors, f"{path}: refused without a reason: {errors}"
        return None
    return json.loads(done.stdout)["input"]


def check(path):
    found = analyze(path)
    theirs = tcpdump_count(path) if shutil.which("tcpdump") else None
    if theirs is None:
        return "read by us alone" if found else "refused by both"
    count, to_the_end = theirs
    if not to_the_end:
        return "tcpdump stops early"
    assert found is not None, f"{path}: refused, and tcpdump reads {count} packets"
    assert found["packets"] == count, f"{path}: {found['packets']} packets, tcpdump {count}"
    return "the same count"


def main():
    if not shutil.which("tcpdump"):
        print("SKIPPED: counts are not compared, tcpdump is not there", file=sys.stderr)
    tally = {}
    for folder in FOLDERS:
        paths = sorted(glob.glob(os.path.join(t.shared("data", folder), "*.pcap*")))
        assert paths, f"{folder} holds no captures"
        for path in paths:
            verdict = check(path)
            tally[verdict] = tally.get(verdict, 0) + 1
    print(tally)
    assert tally.get("the same count", 0) > 100, tally


main()
