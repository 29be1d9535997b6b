# SPDX-License-Identifier: Apache-2.0
"""A budget of 32 MiB and half a million sources: folded and kept make all, and memory holds."""
import json
import os
import resource
import struct
import subprocess
import sys

from noroshi_test import PROGRAM, ethernet, folder, ipv4, pcap_header, sanitized, tcp

MIB = 1 << 20
BUDGET = 32 * MIB
FIXED = 30 * MIB  # the program, its libraries, blocks of input
SOURCES = 150_000 if sanitized() else 500_000


def capture(path, spread):
    """Each source asks for 1 to 3 addresses; spread: of a /16, or of all there are."""
    frame = bytearray(ethernet(ipv4("1.1.1.1", "198.18.0.0", 6, tcp(1000, 23))))
    with open(path, "wb") as out:
        out.write(pcap_header())
        for i in range(SOURCES * 2):
            source = i * 48271 % SOURCES if i % 3 else i % SOURCES
            frame[26:30] = struct.pack(">I", 0x0B000000 + source * 31)
            target = i * 2654435761 % 2**32
            frame[30:34] = struct.pack(">I", target if spread else 0xC6120000 | target >> 16)
            frame[36:38] = struct.pack(">H", target % 65536 if spread else 23)
            out.write(struct.pack("<IIII", 1_750_000_000 + i // 1000, i % 1000, len(frame),
                                  len(frame)))
            out.write(frame)


def run_measured(*args):
    """Exit status, standard output, standard error, most resident bytes of this child alone."""
    child = subprocess.Popen([PROGRAM, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, errors = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, out, errors.decode(), usage.ru_maxrss * 1024


def apart(function, *args):
    """In a process of its own: a child's most resident bytes begin with its parent's."""
    pid = os.fork()
    if pid == 0:
        try:
            function(*args)
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, args


def check_sums(path):
    """Every kept source is printed, which takes more memory."""
    report = json.loads(run_measured("analyze", "--json", "--top", "all", "--memory", "32M",
                                     "--net", "198.18.0.0/16", path)[1])
    kept = sum(s["packets"] for s in report["sources"])
    assert len(report["sources"]) > 10_000
    assert report["folded"]["packets"] + kept == report["input"]["packets"] == SOURCES * 2
    assert len(report["sources"]) + report["folded"]["sources"] == report["sources_total"]


def check(path, *more):
    status, out, errors, most = run_measured("analyze", "--json", "--threads", "2",
                                             "--memory", "32M", *more, path)
    assert status == 0, errors
    report = json.loads(out)
    assert report["folded"]["sources"] > 0
    assert sum(report["kinds"].values()) == SOURCES * 2
    assert any("folded" in w and "--memory" in w for w in report["warnings"]), report["warnings"]
    print(f"{' '.join(more)}: {most / MIB:.0f} MiB", file=sys.stderr)
    if not sanitized():  # whose shadow memory is another matter
        assert most < BUDGET * 1.5 + FIXED, f"{most / MIB:.0f} MiB with {more}"


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with folder() as place:
        path = os.path.join(place, "many.pcap")
        capture(path, False)
        apart(check_sums, path)
        apart(check, path, "--net", "198.18.0.0/16")
        apart(check, path, "--net", "198.18.0.0/16", "--flows", os.path.join(place, "f.csv"))
        capture(path, True)
        apart(check, path)


main()
