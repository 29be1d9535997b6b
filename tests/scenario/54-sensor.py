# SPDX-License-Identifier: Apache-2.0
"""A sensor joins a hub with one line, replays a capture into it and loses nothing; it reloads, tells
its state, and ends well when told to. What goes wrong on joining is told."""
import json
import os
import signal
import stat
import time

from noroshi_test import SOURCE, folder, run
from sensor_process import Hub, Sensor, count, make_capture, packets_of


def check_sample():
    """The sample in the tree is what the table of settings makes."""
    with open(os.path.join(SOURCE, "examples/sensor.conf"), "rb") as f:
        assert f.read() == run("--sample", "sensor.conf").stdout, "noroshi --sample sensor.conf"
    run("--sample", "other.conf", status=2)


def join(work, hub):
    place = os.path.join(work, "sensor")
    token = hub.invite()
    done = run("sensor", "join", "--dir", place, "--interface", "eth0", "--net", "198.18.0.0/24",
               hub.url, token)
    assert b"Joined as sensor 7 (north) of member alpha." in done.stdout, done.stdout
    for name, mode in (("sensor.key", 0o600), ("destination.key", 0o600), ("sensor.conf", 0o600)):
        assert stat.S_IMODE(os.stat(os.path.join(place, name)).st_mode) == mode, name
    with open(os.path.join(place, "sensor.conf"), encoding="utf-8") as f:
        text = f.read()
    for line in (f"\nurl = {hub.url}\n", "\ninterface = eth0\n", "\nnet = 198.18.0.0/24\n"):
        assert line in text, text
    again = run("sensor", "join", "--dir", place, hub.url, token, status=1)
    assert b"has joined a hub already" in again.stderr, again.stderr
    other = os.path.join(work, "other")
    wrong = token[:-8] + ("B" * 7 + "A")
    refused = run("sensor", "join", "--dir", other, hub.url, wrong, status=1)
    assert refused.stderr, refused
    assert not any(word == wrong for line in hub.book for word in line), "the token got out"
    bad = run("sensor", "join", "--dir", other, hub.url, "nrs1.x", status=2)
    assert b"that is no invitation" in bad.stderr, bad.stderr
    run("sensor", "join", hub.url, status=2)
    run("sensor", "join", "--net", "10.0.0.1/8", hub.url, token, status=2)
    return place


def check_replay(place, hub, capture):
    """All packets of the file come to the hub, in windows that are its own."""
    want = count(capture)
    sensor = Sensor(place, "--replay", capture, "--speed", "0", "--keep-times", "--once")
    sensor.wait()
    frames = hub.frames()
    got = sum(packets_of(frame) for frame in frames.values())
    assert got == want, (got, want)
    assert len({boot for boot, _ in frames}) == 1 and len(frames) >= 20, frames.keys()
    assert [sequence for _, sequence in sorted(frames)] == list(range(1, len(frames) + 1))
    told = json.loads(run("sensor", "status", "--dir", place, "--json").stdout)
    assert told["sensor"] == 7 and told["spool"]["waiting_frames"] == 0, told
    assert told["capture"]["packets"] == want and told["hub"]["sent"] == len(frames), told
    text = run("sensor", "status", "--dir", place).stdout.decode()
    assert "sensor 7 (north), running" in text, text


def check_life(place, hub, capture):
    """Live seconds, a reload, a second process, the end."""
    sensor = Sensor(place, "--replay", capture, "--speed", "20")
    sensor.wait_for("watching")
    while not any(line[0] == "ok" and int(line[3]) & 4 for line in hub.book):
        time.sleep(0.05)
    config = os.path.join(place, "sensor.conf")
    with open(config, encoding="utf-8") as f:
        text = f.read()
    changed = text.replace("net = 198.18.0.0/24", "net = 198.18.0.0/25").replace(
        "#bandwidth = 0", "bandwidth = 10M").replace("#threads = 1", "threads = 2")
    assert changed.count("\nnet = 198.18.0.0/25") == 1 and "\nthreads = 2" in changed, changed
    with open(config, "w", encoding="utf-8") as f:
        f.write(changed)
    sensor.child.send_signal(signal.SIGHUP)
    assert "name=capture.threads" in sensor.wait_for("setting-needs-restart")
    assert {sensor.wait_for("reloaded").split()[-1] for _ in range(2)} == \
        {"process=capture", "process=shipper"}
    with open(config, "w", encoding="utf-8") as f:
        f.write(text.replace("[spool]", "[spol]"))
    sensor.child.send_signal(signal.SIGHUP)
    assert "[spol] is not a section" in sensor.wait_for("reload-refused")
    with open(config, "w", encoding="utf-8") as f:
        f.write(text)
    sensor.child.send_signal(signal.SIGTERM)
    sensor.wait()
    told = json.loads(run("sensor", "status", "--dir", place, "--json").stdout)
    assert told["capture"]["dropped_own"] == 0, told


def check_processes(place, capture):
    """If one process dies, so do the others, and the status says so."""
    for which in (0, 1):
        sensor = Sensor(place, "--replay", capture, "--speed", "1")
        sensor.wait_for("watching")
        os.kill(sensor.children()[which], signal.SIGKILL)
        sensor.wait(status=1)
        assert "process-ended" in "".join(sensor.log), sensor.log


def main():
    check_sample()
    with folder() as work:
        os.chmod(work, 0o755)  # root becomes somebody who must pass
        hub = Hub(work)
        try:
            place = join(work, hub)
            capture = make_capture(work)
            check_replay(place, hub, capture)
            check_life(place, hub, capture)
            check_processes(place, capture)
            assert not any(line[0] == "CHANGED" for line in hub.book)
        finally:
            hub.close()


main()
