# SPDX-License-Identifier: Apache-2.0
"""A hub that takes frames (tests/unit/ship/faulty_hub.py) and sensors that replay into it."""
import json
import os
import queue
import struct
import subprocess
import sys
import threading

from noroshi_test import PROGRAM, SOURCE, run

PLACE = """
name = a short while
start = 2026-03-01T03:00:00Z
duration = {duration}
telescope = 198.18.0.0/24
seed = 5

[noise]
type = background
sources = 500
hits = 1-30
session = 5m
"""


def make_capture(work, duration="20m"):
    """A made capture and its packets as `analyze` counts them."""
    scenario, capture = os.path.join(work, "a.scenario"), os.path.join(work, "a.pcap")
    with open(scenario, "w", encoding="utf-8") as f:
        f.write(PLACE.format(duration=duration))
    run("synth", scenario, "--output", capture)
    return capture


def count(capture):
    """Records of a capture file."""
    with open(capture, "rb") as f:
        data = f.read()
    records, at = 0, 24
    while at < len(data):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        records += 1
    return records


class Hub:
    """A hub's directory made by `noroshi hub init`, served by the hub that fails as told."""

    def __init__(self, work, *plan):
        self.directory = os.path.join(work, "hub")
        if not os.path.exists(self.directory):
            run("hub", "init", "--name", "127.0.0.1", self.directory)
            run("hub", "member", "add", "--dir", self.directory, "alpha")
            os.mkdir(os.path.join(self.directory, "taken"))
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(SOURCE, "tests/unit/ship/faulty_hub.py"),
             self.directory, *plan], stdout=subprocess.PIPE, text=True)
        self.url = f"https://127.0.0.1:{int(self.process.stdout.readline())}"
        self.book = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.book.append(line.split())

    def invite(self, name="north"):
        done = run("hub", "invite", "--dir", self.directory, "--sensor", name, "--member", "alpha",
                   "--json")
        return json.loads(done.stdout)["token"]

    def frames(self):
        """(boot, sequence) -> bytes of what was taken for good."""
        folder = os.path.join(self.directory, "taken")
        out = {}
        for name in sorted(os.listdir(folder)):
            boot, sequence = name.split("-")
            with open(os.path.join(folder, name), "rb") as f:
                out[int(boot, 16), int(sequence)] = f.read()
        return out

    def close(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(timeout=10)


class Sensor:
    """`noroshi sensor` as a child; its log lines are waited for."""

    def __init__(self, directory, *arguments):
        self.child = subprocess.Popen(
            [PROGRAM, "sensor", "--config", os.path.join(directory, "sensor.conf"), *arguments],
            stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.log = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stderr:
            self.log.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, event, timeout=60):
        """The next log line of this event."""
        while True:
            line = self.lines.get(timeout=timeout)
            assert line is not None, f"ended without {event}:\n{''.join(self.log)}"
            if f" {event} " in f" {line} ":
                return line

    def wait(self, status=0, timeout=120):
        got = self.child.wait(timeout=timeout)
        self.reader.join(timeout=10)
        assert status is None or got == status, f"exit {got}, not {status}\n{''.join(self.log)}"

    def children(self):
        """The process ids of its two processes."""
        with open(f"/proc/{self.child.pid}/task/{self.child.pid}/children",
                  encoding="ascii") as f:
            return [int(word) for word in f.read().split()]


def frames_of(data):
    """The whole frames in a batch file's bytes: (boot, sequence) -> bytes."""
    out, at = {}, 16
    while at + 128 <= len(data):
        n = 128 + struct.unpack_from("<I", data, at + 8)[0]
        if at + n > len(data):
            break
        out[struct.unpack_from("<QQ", data, at + 24)] = data[at:at + n]
        at += n
    return out


def packets_of(frame):
    """A window's packets, from its header."""
    return struct.unpack_from("<Q", frame, 56)[0]
