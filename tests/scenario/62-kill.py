#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of hub and storer at random points while sensors hand in: not one acknowledged row is lost,
not one counted twice, rollups included. NOROSHI_KILLS: how often (20)."""
import contextlib
import http.client
import os
import random
import signal
import socket
import threading
import time
import urllib.parse

from frames import Line, frames_of
from noroshi_test import sanitized, skip
from observatory import STORER, Hub, Sensor, synth, temporary

KILLS = int(os.environ.get("NOROSHI_KILLS", "20"))
SENSORS = 3

SCENARIO = """
name = kill
start = 2026-03-03T08:00:00Z
duration = 5m
telescope = 198.18.0.0/20
seed = 77

[noise]
type = background
sources = 200
"""


class Pump(threading.Thread):
    """One sensor that sends frames, each until it is acknowledged, and some of them again."""

    def __init__(self, number, folder, hub, templates, stop):
        super().__init__(daemon=True)
        self.number, self.templates, self.stop = number, templates, stop
        self.line = Line(folder, "127.0.0.1", hub.port)
        self.random = random.Random(number)
        self.acknowledged, self.repeats, self.wrong = [], 0, []

    def run(self):
        base = (int(time.time()) // 60 - 20000) * 60
        sequence = 0
        while not self.stop.is_set():
            sequence += 1
            frame = self.random.choice(self.templates).copy(
                sensor=self.number, boot=9, sequence=sequence, start=base + 60 * sequence)
            if not self.deliver(frame):
                return
            self.acknowledged.append(frame)
            if self.random.random() < 0.1:  # the answer may have been lost on the way
                if not self.deliver(self.random.choice(self.acknowledged[-5:])):
                    return

    def deliver(self, frame):
        for _ in range(2000):
            status, answer = self.line.send(frame)
            if status == 200:
                self.repeats += answer["repeat"]
                return True
            if status not in (0, 429, 503):
                self.wrong.append((status, answer))
                return False
            time.sleep(0.05)
        self.wrong.append("never acknowledged")
        return False


def storer_asks(hub, sql):
    """Rows of a SELECT from the hub's own storer."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(os.path.join(hub.folder, "storer.sock"))
    connection.request("GET", "/?query=" + urllib.parse.quote(sql + " FORMAT TSV"))
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 200, text
    return [tuple(int(x) for x in line.split("\t")) for line in text.splitlines()]



def victims(hub):
    """{what: pid}: the first thread of the first process made the front, another one the storer."""
    first = hub.process.child.pid
    found = {"first": first}
    for task in map(int, os.listdir(f"/proc/{first}/task")):
        with contextlib.suppress(OSError), open(f"/proc/{first}/task/{task}/children",
                                                encoding="ascii") as f:
            for pid in map(int, f.read().split()):
                found["front" if task == first else "storer"] = pid
    return found


def restart(hub):
    """Start until the killed one's other processes have let go."""
    hub.process.child.wait(timeout=120)
    for _ in range(60):
        try:
            hub.start()
            return
        except AssertionError:
            hub.process.end()
            time.sleep(0.5)
    raise AssertionError("the hub does not come back:\n" + hub.process.text()[-3000:])


def kill_one(hub, dice, killed):
    what = dice.choice(["first", "front", "front", "storer", "storer"])
    pid = victims(hub).get(what)
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
    killed[what] = killed.get(what, 0) + 1
    if what != "storer":
        restart(hub)


def check_totals(hub, pumps):
    for pump in pumps:
        frames = pump.acknowledged
        want = (sum(f.get("rows") for f in frames), sum(f.get("packets") for f in frames))
        got = storer_asks(hub, "SELECT count(), sum(packets) FROM flows "
                               f"WHERE sensor = {pump.number}")[0]
        assert got == want, f"sensor {pump.number}: rows and packets {got}, acknowledged {want}"
        windows = storer_asks(hub, "SELECT count(), sum(packets) FROM windows "
                                   f"WHERE sensor = {pump.number}")[0]
        assert windows == (len(frames), want[1]), f"windows {windows}, {len(frames)} frames"
        for rollup in ("port_minute", "port_hour", "port_day", "place_hour", "place_day",
                       "total_minute"):
            got = storer_asks(hub, f"SELECT sum(rows), sum(packets) FROM {rollup} "
                                   f"WHERE sensor = {pump.number}")[0]
            assert got == want, f"{rollup} of sensor {pump.number}: {got}, not {want}"


def main():
    if not STORER:
        skip("the embedded store was not built")
    dice = random.Random(int(os.environ.get("NOROSHI_SEED", "1")))
    kills = KILLS if not sanitized() else min(KILLS, 6)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary())
        hub = Hub(folder)
        stack.callback(hub.stop)
        hub.admin("member", "add", "alpha")
        hub.start()
        hub.fix_port()
        capture, _ = synth(folder, "kill", SCENARIO)
        templates = [f for f in frames_of(capture, "--net", "198.18.0.0/20") if f.get("flags") & 1]
        stop, pumps, killed = threading.Event(), [], {}
        for i in range(SENSORS):
            sensor = Sensor(folder, f"s{i}", hub, f"https://127.0.0.1:{hub.port}", "alpha",
                            ["198.18.0.0/20"])
            pumps.append(Pump(i + 1, sensor.folder, hub, templates, stop))
        for pump in pumps:
            pump.start()
        while sum(killed.values()) < kills:
            time.sleep(dice.uniform(0.1, 1.5))
            kill_one(hub, dice, killed)
        time.sleep(2)
        stop.set()
        for pump in pumps:
            pump.join(timeout=120)
            assert not pump.is_alive() and not pump.wrong, pump.wrong
        hub.drained()
        check_totals(hub, pumps)
        sent = sum(len(p.acknowledged) for p in pumps)
        assert sent > kills, f"only {sent} frames were acknowledged"
        print(f"ok - {sent} frames acknowledged once, {sum(p.repeats for p in pumps)} repeats, "
              f"killed {killed}")


main()
