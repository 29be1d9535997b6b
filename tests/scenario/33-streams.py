# SPDX-License-Identifier: Apache-2.0
"""Standard input, FIFOs, gzip and zstd; files that grow, vanish or are cut while they are read;
SIGINT in the middle: what was read is reported."""
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from noroshi_test import PROGRAM, analyze, folder, ipv4, pcap_bytes, run, tcp

START = 1_750_000_000
PACKETS = 5000


def packets(first, n):
    return [(START + i * 0.01, ipv4(f"45.7.{i % 250}.{i % 199}", f"198.18.1.{i % 200}", 6,
                                    tcp(1000, 23))) for i in range(first, first + n)]


def plain(report):
    """The report but for the names of files."""
    del report["input"]["files"], report["input"]["file_details"]
    return report


def check_same(place, whole):
    """However the bytes come, the report is the same."""
    path = os.path.join(place, "whole.pcap")
    with open(path, "wb") as f:
        f.write(whole)
    wanted = plain(analyze(path))
    assert wanted["input"]["packets"] == PACKETS
    zipped = gzip.compress(whole)
    members = gzip.compress(whole[:10_000]) + gzip.compress(whole[10_000:])
    inputs = [whole, zipped, members]
    if shutil.which("zstd"):
        inputs.append(subprocess.run(["zstd", "-q", "-c"], input=whole, stdout=subprocess.PIPE,
                                     check=True).stdout)
    else:
        print("SKIPPED: zstd input, the zstd program is not there", file=sys.stderr)
    for data in inputs:
        assert plain(json.loads(run("analyze", "--json", "-", stdin=data).stdout)) == wanted
        packed = os.path.join(place, "packed")
        with open(packed, "wb") as f:
            f.write(data)
        assert plain(analyze("--threads", 3, packed)) == wanted
    report = json.loads(run("analyze", "--json", "-", stdin=zipped[:-500]).stdout)
    assert report["input"]["truncated"] and 0 < report["input"]["packets"] < PACKETS
    assert any("standard input" in w for w in report["warnings"]), report["warnings"]
    return path


def feed(sink, parts, pause=0.05):
    try:
        for part in parts:
            sink.write(part)
            sink.flush()
            time.sleep(pause)
        sink.close()
    except BrokenPipeError:
        pass


def parts_of(data, n):
    step = len(data) // n + 1
    return [data[i:i + step] for i in range(0, len(data), step)]


def check_fifo(place, whole):
    path = os.path.join(place, "fifo")
    os.mkfifo(path)
    for threads in ("1", "3"):
        child = subprocess.Popen([PROGRAM, "analyze", "--json", "--threads", threads, path],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(path, "wb", buffering=0) as sink:
            feed(sink, parts_of(whole, 20))
        out, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors
        assert json.loads(out)["input"]["packets"] == PACKETS


def check_interrupt(whole, number, threads):
    """The stream stalls, the signal comes: the report says how far it got, and that it is part."""
    child = subprocess.Popen([PROGRAM, "analyze", "--json", "--threads", threads, "-"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(whole[:len(whole) // 2])
    child.stdin.flush()
    time.sleep(0.6)
    child.send_signal(number)
    begun = time.monotonic()
    out, errors = child.stdout.read(), child.stderr.read()
    assert child.wait(timeout=30) == 0, errors
    assert time.monotonic() - begun < 10
    report = json.loads(out)["input"]
    assert report["partial"] is True and report["packets"] > 0, report
    assert abs(report["packets"] - PACKETS // 2) <= 1, report["packets"]
    assert not errors, errors
    child.stdin.close()


def check_interrupt_early():
    """Before the first byte: nothing was read."""
    child = subprocess.Popen([PROGRAM, "analyze", "--json", "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.4)
    child.send_signal(signal.SIGINT)
    child.stdout.read()
    assert child.wait(timeout=30) in (0, 1)
    child.stdin.close()


def while_reading(place, whole, act, *more):
    """Read a FIFO and then a file with which act() does something in the meantime."""
    fifo, path = os.path.join(place, "slow"), os.path.join(place, "moving.pcap")
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    with open(path, "wb") as f:
        f.write(whole)
    child = subprocess.Popen([PROGRAM, "analyze", "--json", "--threads", "2", *more, fifo, path],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open(fifo, "wb", buffering=0) as sink:
        sink.write(whole[:2000])
        act(path)
        sink.write(whole[2000:])
    out, errors = child.communicate(timeout=60)
    return child.returncode, json.loads(out) if out else None, errors.decode()


def check_moving(place, whole):
    """Before its turn comes: gone, cut within a record, longer."""
    record = (len(whole) - 24) // PACKETS
    status, report, errors = while_reading(place, whole, os.unlink)
    assert status == 0 and report["input"]["packets"] == PACKETS and "moving.pcap" in errors
    status, report, errors = while_reading(place, whole, lambda p: os.truncate(p, 24 + record * 99 + 5))
    assert status == 0 and report["input"]["packets"] == PACKETS + 99, report["input"]
    assert "moving.pcap" in errors and "packet 100" in errors, errors

    def append(path):
        with open(path, "ab") as f:
            f.write(whole[24:])
    status, report, errors = while_reading(place, whole, append)
    assert status == 0 and report["input"]["packets"] == 3 * PACKETS and not errors, errors


def opened(pid, path):
    """Wait until the process has the file open; one that is through with it is not waited for long."""
    for _ in range(3000):
        try:
            folder_of_fds = f"/proc/{pid}/fd"
            if any(os.readlink(os.path.join(folder_of_fds, n)) == path
                   for n in os.listdir(folder_of_fds)):
                return
        except OSError:
            pass  # one that was closed meanwhile
        time.sleep(0.001)


def check_under_way(place):
    """A large file that is cut, lengthened or unlinked at some moment of the reading: whatever
    the moment, no crash, exit 0, and no more packets than there were."""
    path, data = os.path.join(place, "large.pcap"), pcap_bytes(packets(0, 20_000))
    record, many = data[24:], 400_000

    def append(p):
        with open(p, "ab") as f:
            f.write(record)
    for number, act in enumerate((lambda p: os.truncate(p, 1_000_003), append, os.unlink)):
        with open(path, "wb") as f:
            f.write(data[:24] + record * 20)
        child = subprocess.Popen([PROGRAM, "analyze", "--json", "--threads", "2", path],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        opened(child.pid, path)
        time.sleep(0.003 * number)
        act(path)
        out, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
        report = json.loads(out)["input"]
        assert 10_000 < report["packets"] <= many + 20_000, report
        assert report["packets"] == many or number < 2, report
        assert not report["truncated"] or number < 2


def main():
    whole = pcap_bytes(packets(0, PACKETS))
    with folder() as place:
        check_same(place, whole)
        check_fifo(place, whole)
        check_interrupt(whole, signal.SIGINT, "1")
        check_interrupt(whole, signal.SIGTERM, "3")
        check_interrupt_early()
        check_moving(place, whole)
        check_under_way(place)


main()
