# SPDX-License-Identifier: Apache-2.0
"""The hub's tools on a working observatory: a backup while sensors hand in, brought up to date when
the hub stands still, restored elsewhere, where the sensors go on and no packet is lost or counted
twice; a check that finds a tampered rollup and repairs it; rows withdrawn; the move to a server."""
import contextlib
import datetime
import json
import os
import shutil
import sqlite3
import stat
import time

from clickhouse_server import ClickHouse
from noroshi_test import run, sanitized, skip
from observatory import STORER, Hub, Sensor, synth, temporary
from storer_process import Storer

SCENARIO = """
name = {name}
start = {start}
duration = 20m
telescope = {net}
seed = {seed}

[noise]
type = background
sources = 300

[bots]
type = mirai
sources = 300
"""

YESTERDAY = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1))
SENSORS = [("alpha-one", "alpha", "198.18.0.0/20", 21, ("--keep-times",)),
           ("beta-one", "beta", "198.19.0.0/20", 23, ())]


def totals(hub):
    """{sensor: packets} as an administrator sees them."""
    answer = hub.query("count packets by sensor last 3d")
    names = [c["name"] for c in answer["tables"][0]["columns"]]
    return {row[names.index("sensor")]: row[names.index("packets")]
            for row in answer["tables"][0]["rows"]}


def tool(hub, *args, status=0):
    done = run("hub", *args, "--dir", hub.folder, status=None)
    assert done.returncode == status, (args, done.returncode, done.stdout.decode(),
                                       done.stderr.decode())
    return (done.stderr if status else done.stdout).decode()


def check(hub, *args, status=0):
    return json.loads(run("hub", "check", "--json", *args, "--dir", hub.folder,
                          status=status).stdout)


def set_up(stack, folder):
    hub = Hub(folder, names=("127.0.0.1",))
    stack.callback(hub.stop)
    for member in ("alpha", "beta"):
        hub.admin("member", "add", member)
    hub.start()
    hub.stop()
    hub.fix_port()
    hub.start()
    truths, sensors = {}, []
    for name, member, net, seed, more in SENSORS:
        capture, truth = synth(folder, name, SCENARIO.format(
            name=name, net=net, seed=seed, start=YESTERDAY.strftime("%Y-%m-%dT08:00:00Z")))
        truths[name] = truth["totals"]["packets"]
        sensor = Sensor(folder, name, hub, f"https://127.0.0.1:{hub.port}", member, [net])
        sensor.replay(capture, 60, "--once", *more)
        stack.callback(sensor.process.end)
        sensors.append(sensor)
    return hub, sensors, truths


def back_up(hub, backup):
    """While it works, then, from where that was, at rest."""
    assert "All that the hub had acknowledged" in tool(hub, "backup", backup)
    shutil.copytree(backup, backup + "-online")
    for name in ("backup", "control.db", "authority.key", "hub.conf"):
        assert stat.S_IMODE(os.stat(os.path.join(backup, name)).st_mode) == 0o600, name
    assert stat.S_IMODE(os.stat(backup).st_mode) == 0o700
    assert check(hub)["well"]
    assert "stand still" in tool(hub, "withdraw", "--from", "2026-01-01", "alpha-one", status=1)
    said = check(hub, "--repair", status=1)
    assert "stand still" in said["findings"][0]["text"], said
    hub.stop()
    made = json.loads(run("hub", "backup", "--json", backup, "--dir", hub.folder).stdout)
    assert made["finished"] >= made["begun"], made


def refuse(hub, folder, backup):
    """What must not be restored, and where not."""
    assert b"not empty" in run("hub", "restore", backup, hub.folder, status=1).stderr
    assert b"no backup" in run("hub", "restore", hub.folder, folder + "/no", status=1).stderr
    bad = os.path.join(folder, "bad")
    shutil.copytree(backup, bad)
    with open(os.path.join(bad, "hub.pem"), "ab") as f:
        f.write(b"\n")
    assert b"not what was backed up" in run("hub", "restore", bad, folder + "/no",
                                            status=1).stderr
    assert not os.path.exists(folder + "/no")
    shutil.copy(os.path.join(backup, "hub.pem"), bad)
    rows = max((os.path.join(bad, "observations", name)
                for name in os.listdir(os.path.join(bad, "observations"))), key=os.path.getsize)
    with open(rows, "r+b") as f:
        f.seek(os.path.getsize(rows) // 2)
        byte = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([byte[0] ^ 1]))
    done = run("hub", "restore", bad, folder + "/no", status=1)
    assert b"not what was backed up" in done.stderr and b"no hub yet" in done.stderr, done.stderr
    assert b"no hub here" in run("hub", "sensors", "--dir", folder + "/no", status=1).stderr
    shutil.rmtree(folder + "/no")
    os.mkdir(folder + "/second")
    assert "another hub" in tool(Hub(folder + "/second"), "backup", backup, status=1)


def mix(early, late):
    """One rollup of the early backup as it was later: as if much had come in between two copies."""
    early, late = (os.path.join(backup, "observations") for backup in (early, late))
    with open(os.path.join(late, "manifest"), encoding="utf-8") as f:
        newer = {tuple(line.split()[:2]): line for line in f if line.startswith("total_minute ")}
    with open(os.path.join(early, "manifest"), encoding="utf-8") as f:
        lines = f.readlines()
    changed = [newer.get(tuple(line.split()[:2]), line) for line in lines]
    assert changed != lines, lines
    for line in newer.values():
        shutil.copy(os.path.join(late, line.split()[-1]), early)
    with open(os.path.join(early, "manifest"), "w", encoding="utf-8") as f:
        f.writelines(changed)


def check_online(folder, backup, hub, truths):
    """What was copied from a working hub is whole in itself, if not all that there ever was."""
    mix(backup + "-online", backup)
    online = Hub.restored(folder, "online", hub, backup + "-online")
    assert check(online)["findings"] == []
    storer = Storer(os.path.join(online.folder, "observations"),
                    os.path.join(folder, "online.sock")).wait_ready()
    rows, sums = (storer.number(f"SELECT sum(packets) FROM {table}")
                  for table in ("flows", "total_minute"))
    storer.end()
    assert 0 < rows == sums < sum(truths.values()), (rows, sums)


def check_numbers(hub):
    """The restored hub's blocks cannot have names that the old one gave after the backup."""
    control = sqlite3.connect(os.path.join(hub.folder, "control.db"))
    assert control.execute("SELECT max(number) FROM segments").fetchone()[0] > 2 ** 32
    control.close()


def tamper(hub):
    """One rollup gets rows that nobody saw."""
    storer = Storer(os.path.join(hub.folder, "observations"),
                    os.path.join(hub.folder, "tamper.sock")).wait_ready()
    storer.ask("INSERT INTO total_minute SELECT * FROM total_minute LIMIT 5")
    storer.end()
    found = check(hub, status=1)["findings"]
    assert [f["where"] for f in found] == ["total_minute"] and not found[0]["repaired"], found
    found = check(hub, "--repair")["findings"]
    assert [f["where"] for f in found] == ["total_minute"] and found[0]["repaired"], found
    assert check(hub)["findings"] == []


def spoil(hub):
    """A broken segment and a key that others may read are told."""
    segment = os.path.join(hub.folder, "journal", "0000000000000001.batch.damaged")
    with open(segment, "wb") as f:
        f.write(b"x")
    key = os.path.join(hub.folder, "hub.key")
    os.chmod(key, 0o644)
    parts = {f["part"] for f in check(hub, status=1)["findings"]}
    assert parts == {"journal", "certificates"}, parts
    os.chmod(key, 0o600)
    os.unlink(segment)


def withdraw(hub, truths):
    """Half of one sensor's time, then all of the other."""
    middle = YESTERDAY.strftime("%Y-%m-%dT08:10:00Z")
    rows = json.loads(tool(hub, "withdraw", "--json", "--from", middle, "alpha-one"))["rows"]
    assert rows > 0
    hub.start()
    left = totals(hub)
    assert 0 < left["alpha-one"] < truths["alpha-one"] and left["beta-one"] == truths["beta-one"]
    assert "questions leave it out" in tool(hub, "withdraw", "beta-one", status=1)
    assert totals(hub) == {"alpha-one": left["alpha-one"]}
    hub.stop()
    assert json.loads(tool(hub, "withdraw", "--json", "beta-one"))["rows"] > 0
    assert json.loads(tool(hub, "withdraw", "--json", "beta-one"))["rows"] == 0
    assert "rows-withdraw" in tool(hub, "audit")
    assert check(hub)["findings"] == []
    hub.start()
    assert totals(hub) == {"alpha-one": left["alpha-one"]}
    return left["alpha-one"]


def move(hub, place, packets):
    server = ClickHouse(place).start()
    server.ask("CREATE DATABASE picture")
    target = ("--to", server.url, "--database", "picture")
    assert "days that are over" in tool(hub, "move", *target)
    assert server.ask("SELECT sum(packets) FROM picture.flows").strip() == str(packets)
    hub.stop()
    server.ask("CREATE DATABASE used")
    tool(hub, "move", *target)
    with open(hub.config, encoding="utf-8") as f:
        text = f.read()
    assert f"\nurl = {server.url}\ndatabase = picture\n" in text, text
    assert "there already" in tool(hub, "move", *target, status=1)
    shutil.rmtree(os.path.join(hub.folder, "observations"))
    hub.start()
    assert totals(hub) == {"alpha-one": packets}
    hub.stop()
    assert check(hub)["findings"] == []
    return server


def main():
    if not STORER:
        skip("the embedded store was not built")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary())
        hub, sensors, truths = set_up(stack, folder)
        time.sleep(5 if not sanitized() else 10)
        backup = os.path.join(folder, "backup")
        back_up(hub, backup)
        refuse(hub, folder, backup)
        new = Hub.restored(folder, "new", hub, backup)
        stack.callback(new.stop)
        check_online(folder, backup, hub, truths)
        shutil.rmtree(hub.folder)
        check_numbers(new)
        new.start()
        assert new.port == hub.port
        for sensor in sensors:
            assert sensor.process.wait() == 0, sensor.process.text()[-3000:]
        new.drained()
        seen = totals(new)
        assert seen == truths, f"{seen}\nis not the truth\n{truths}"
        new.stop()
        print("ok - backup while it works, restored elsewhere, to the packet")
        tamper(new)
        spoil(new)
        print("ok - check finds and repairs")
        packets = withdraw(new, truths)
        print("ok - withdrawn")
        server = move(new, stack.enter_context(temporary()), packets)
        server.stop()
        print("ok - moved to 18.16")


main()
