# SPDX-License-Identifier: Apache-2.0
"""A sensor whose processes are killed 20 times at random, with a hub that is slow, busy and forgets
to answer: what was once in the spool comes to the hub, unchanged; nothing comes twice with another
content. And a full disk: windows are counted as lost, and taken again when there is room."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

from noroshi_test import folder, run
from sensor_process import Hub, Sensor, frames_of, make_capture

KILLS = int(os.environ.get("NOROSHI_KILLS", "20"))
TROUBLES = "ok ok ok ok ok ok ok ok 503 lost lost reset other 429".split()


def join(work, hub):
    place = os.path.join(work, "sensor")
    run("sensor", "join", "--dir", place, "--net", "198.18.0.0/24", hub.url, hub.invite())
    return place


def spooled(place):
    """Whole frames in the spool's segments, acknowledged or not."""
    out, folder_of = {}, os.path.join(place, "spool")
    for name in sorted(os.listdir(folder_of) if os.path.isdir(folder_of) else ()):
        if name.endswith(".batch"):
            try:
                with open(os.path.join(folder_of, name), "rb") as f:
                    out.update(frames_of(f.read()))
            except FileNotFoundError:
                pass  # acknowledged meanwhile
    return out


def wait_until_gone(pids):
    """A killed sensor's other processes end by themselves; the next one is not started before."""
    for _ in range(600):
        alive = [pid for pid in pids if running(pid)]
        if not alive:
            return
        time.sleep(0.05)
    raise AssertionError(f"still there: {alive}")


def running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def kill_often(place, capture, seed):
    """Kill the parent, one of its processes, or all, at any time; what the spool held is kept."""
    chance = random.Random(seed)
    kept = {}
    for _ in range(KILLS):
        sensor = Sensor(place, "--replay", capture, "--speed", "2000", "--keep-times")
        if chance.random() < 0.8:
            sensor.wait_for("watching")
        time.sleep(chance.random() * 0.6)
        children = sensor.children()
        victims = chance.choice([[sensor.child.pid], children[:1], children[1:],
                                 [sensor.child.pid, *children]])
        kept.update(spooled(place))
        for pid in victims:
            if running(pid):
                os.kill(pid, signal.SIGKILL)
        sensor.child.wait(timeout=60)
        wait_until_gone(children)
        kept.update(spooled(place))
    return kept


def check_kills(work, capture):
    chance = random.Random(7)
    hub = Hub(work, "ok", *(chance.choice(TROUBLES) for _ in range(4 * KILLS)))
    try:
        place = join(work, hub)
        kept = kill_often(place, capture, 8)
        last = Sensor(place, "--replay", capture, "--speed", "0", "--keep-times", "--once")
        last.wait(timeout=600)
        frames = hub.frames()
        told = json.loads(run("sensor", "status", "--dir", place, "--json").stdout)["spool"]
        assert kept and told["waiting_frames"] == 0, (len(kept), told)
        assert told["lost_windows"] == 0 and told["refused"] == 0, told
        missing = [key for key, frame in kept.items() if frames.get(key) != frame]
        assert not missing, f"{len(missing)} of {len(kept)} frames, such as {missing[0]}"
        assert not [line for line in hub.book if line[0] == "CHANGED"]
        assert len({boot for boot, _ in frames}) > KILLS // 4, frames.keys()
        order = [(line[1], int(line[2])) for line in hub.book if line[0] in ("ok", "lost") and
                 int(line[2])]
        for boot in {boot for boot, _ in order}:
            sequences = [sequence for b, sequence in order if b == boot]
            assert sequences == sorted(sequences), sequences
    finally:
        hub.close()


def fill_disk(place, capture):
    spool, filler = os.path.join(place, "spool"), os.path.join(place, "spool", "filler")
    os.mkdir(spool)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=777", "tmpfs", spool],
                      check=False, capture_output=True).returncode:
        print("no right to mount: the full disk is not tested", file=sys.stderr)
        return
    try:
        sensor = Sensor(place, "--replay", capture, "--speed", "60", "--keep-times")
        sensor.wait_for("watching")
        with open(filler, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass
        assert "no space left" in sensor.wait_for("spool-takes-nothing")
        os.unlink(filler)
        sensor.wait_for("spool-takes-again")
        sensor.child.send_signal(signal.SIGTERM)
        sensor.wait()
        told = json.loads(run("sensor", "status", "--dir", place, "--json").stdout)["spool"]
        assert told["lost_windows"] >= 1 and told["lost_rows"] >= 1, told
        assert told["waiting_frames"] >= 1 and told["torn_bytes"] == 0, told
    finally:
        subprocess.run(["umount", spool], check=True)


def check_full_disk(work, capture):
    """The spool on a small file system that something else fills."""
    hub = Hub(work, "ok", *["503"] * 1000)
    try:
        place = join(os.path.join(work, "full"), hub)
        fill_disk(place, capture)
    finally:
        hub.close()


def check_second(place, capture):
    """A second sensor does not get the spool of the first."""
    first = Sensor(place, "--replay", capture, "--speed", "1")
    first.wait_for("watching")
    second = Sensor(place, "--replay", capture, "--speed", "1")
    assert re.search("another process has this spool open", second.wait_for("shipper-failed"))
    second.wait(status=1)
    first.child.send_signal(signal.SIGTERM)
    first.wait()


def main():
    with folder() as work:
        os.chmod(work, 0o755)
        capture = make_capture(work, "10m")
        os.mkdir(os.path.join(work, "full"))
        os.chmod(os.path.join(work, "full"), 0o755)
        check_kills(work, capture)
        check_second(os.path.join(work, "sensor"), capture)
        check_full_disk(work, capture)


main()
