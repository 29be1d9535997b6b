# SPDX-License-Identifier: Apache-2.0
"""Output that cannot be written: exit 1, a message that names it, and the old file stays."""
import os
import resource
import signal
import subprocess

from noroshi_test import PROGRAM, folder, ipv4, run, tcp, write_pcap

OLD = b"what was here before\n"


def capture(path):
    write_pcap(path, [(1_750_000_000 + i * 0.1,
                       ipv4(f"45.{i % 200}.{i // 200}.9", f"198.18.0.{i % 200}", 6,
                            tcp(1000, i % 900))) for i in range(30_000)])


def leftovers(place, name):
    return [n for n in os.listdir(place) if n.startswith(name) and n != name]


def small_files():
    """What a full disk does to a file: no more than 4 KiB can be written to any."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def check_full_device(path):
    done = run("analyze", "--quiet", "--html", "/dev/full", path, status=1)
    assert b"/dev/full" in done.stderr and b"No space left" in done.stderr, done.stderr
    for more in ([], ["--json"], ["--flows", "-"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "analyze", "--quiet", *more, path], stdout=full,
                                  stderr=subprocess.PIPE, timeout=120)
        assert done.returncode == 1, (more, done)
        assert b"o space left" in done.stderr and b"standard output" in done.stderr, done.stderr


def check_full_disk(place, path):
    for option, name in (("--html", "r.html"), ("--flows", "f.csv"), ("--flows", "f.jsonl"),
                         ("--flows", "f.batch"), ("--flows", "f.csv.zst")):
        target = os.path.join(place, name)
        with open(target, "wb") as f:
            f.write(OLD)
        for threads in ("1", "3"):
            done = run("analyze", "--quiet", "--threads", threads, option, target, path, status=1,
                       preexec_fn=small_files)
            assert name.encode() in done.stderr, (name, done.stderr)
            assert b"cannot write" in done.stderr, done.stderr
            assert not leftovers(place, name), leftovers(place, name)
            with open(target, "rb") as f:
                assert f.read() == OLD, name


def check_folder(place, path):
    for option, name in (("--html", "no/r.html"), ("--flows", "no/f.csv"), ("--html", ".")):
        done = run("analyze", "--quiet", option, os.path.join(place, name), path, status=1)
        assert os.path.join(place, name).encode() in done.stderr, done.stderr


def check_pipe(path):
    """The reader goes away at once, or after a few bytes: no crash, no hang, no complaint."""
    for more in ([], ["--json", "--top", "all"], ["--flows", "-"]):
        for read_first in (0, 10):
            child = subprocess.Popen([PROGRAM, "analyze", "--quiet", *more, path],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            child.stdout.read(read_first)
            child.stdout.close()
            errors = child.stderr.read()
            assert child.wait(timeout=120) in (0, 1), (more, child.returncode)
            assert not errors, errors


def check_replaced(place, path):
    """What was written takes the old file's place, with the rights of a new file."""
    target = os.path.join(place, "r.html")
    run("analyze", "--quiet", "--html", target, path)
    with open(target, "rb") as f:
        assert f.read(15).lower() == b"<!doctype html>"
    assert os.stat(target).st_mode & 0o777 == 0o644
    assert not leftovers(place, "r.html")


def main():
    os.umask(0o022)
    with folder() as place:
        path = os.path.join(place, "in.pcap")
        capture(path)
        check_full_device(path)
        check_full_disk(place, path)
        check_folder(place, path)
        check_pipe(path)
        check_replaced(place, path)


main()
