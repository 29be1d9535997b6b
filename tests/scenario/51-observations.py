#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The observations in the embedded engine: exact sums whatever dies when, retention, withdrawal,
repair, damage, backup and restore."""
import glob
import os
import random
import shutil
import tempfile
import time

from observations_test import DAY, ROLLUPS, Driver, core, numbers, rows_and_rollups
from storer_process import Storer

KILLS = 20


class Box:
    """A storer in a folder that is killed and started again, and a driver that stays."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder = folder
        self.path = os.path.join(folder, "socket")
        self.start()

    def start(self):
        self.storer = Storer(os.path.join(self.folder, "data"), self.path).wait_ready()

    def query(self, sql):
        return self.storer.ask(sql)

    def driver(self):
        return Driver("--socket", self.path)

    def parts(self, table):
        """Directories of the table's parts, the newest last."""
        where = self.query("SELECT data_paths[1] FROM system.tables WHERE "
                           f"database = currentDatabase() AND name = '{table}'").strip()
        names = [p for p in glob.glob(os.path.join(where, "*_*_*_*"))
                 if os.path.basename(p)[0].isdigit()]
        return sorted(names, key=lambda p: int(os.path.basename(p).split("_")[1]))


def kill_at_random(box):
    """Between and during inserts; every block is sent until it is acknowledged."""
    draw = random.Random(1)
    with box.driver() as d:
        assert d.opened == "ok", d.opened
        for seed in range(100, 100 + KILLS):
            d.child.stdin.write(f"insert {DAY} {seed} 2000 kill-{seed}\n")
            d.child.stdin.flush()
            time.sleep(draw.random() * 0.3)  # anywhere in the insert, or after it
            box.storer.kill()
            d.child.stdout.readline()
            box.start()
            again = d.say(f"insert {DAY} {seed} 2000 kill-{seed}")
            assert again == "ok", again
        assert d.say(f"insert {DAY} 100 2000 kill-100") == "ok"
        assert rows_and_rollups(box.query)[0] == 2000 * KILLS
        d.ok("check")


def lose_part(box, table, seed):
    """As if killed after the engine wrote the token and before the part of `table` had its name."""
    before = rows_and_rollups(box.query)[0]
    for name in ("flows", *ROLLUPS, "ledger"):
        box.query(f"SYSTEM STOP MERGES {name}")
    with box.driver() as d:
        assert d.insert(seed, 2000) == "ok"
        lost = [box.parts("ledger")[-1]]
        tables = ("flows", *ROLLUPS)
        lost += [box.parts(name)[-1] for name in tables[tables.index(table):]]
        box.storer.kill()
        for part in lost:
            shutil.rmtree(part)
        box.start()
        assert d.insert(seed, 2000) == "ok"
        assert rows_and_rollups(box.query)[0] == before + 2000
        assert d.insert(seed, 2000) == "ok"
        assert rows_and_rollups(box.query)[0] == before + 2000
        d.ok("check")


def back_up(box, other, folder):
    whole = rows_and_rollups(box.query)
    with box.driver() as d:
        d.ok(f"backup {folder}")
        manifest = os.path.join(folder, "manifest")
        with open(manifest, encoding="ascii") as f:
            lines = f.read().splitlines()
        assert lines[-1] == f"complete {len(lines) - 2}"
        times = {f: os.stat(f).st_mtime_ns for f in glob.glob(folder + "/*.rows")}
        d.ok(f"backup {folder}")  # nothing changed: nothing is read again
        assert times == {f: os.stat(f).st_mtime_ns for f in glob.glob(folder + "/*.rows")}
    with other.driver() as d:
        file = sorted(times)[0]
        with open(file, "r+b") as f:
            f.seek(30)
            byte = f.read(1)
            f.seek(30)
            f.write(bytes([byte[0] ^ 1]))
        assert "not what was backed up" in d.say(f"restore {folder}")
        assert rows_and_rollups(other.query)[0] == 0
        with open(file, "r+b") as f:
            f.seek(30)
            f.write(byte)
        d.ok(f"restore {folder}")
        d.ok(f"restore {folder}")
        assert rows_and_rollups(other.query) == whole
        d.ok("check")
        assert d.insert(1, 3000) == "ok"  # its token came along
        assert rows_and_rollups(other.query) == whole
        assert d.insert(900, 100) == "ok"
        assert "already there" in d.say(f"restore {folder}")


def retain(box):
    with box.driver() as d:
        assert "dropped 0:" in d.ok(f"retain 2 2 2 2 60 {(DAY + 2) * 86400 - 1}")
        d.ok(f"retain 1 1 1 0 0 {(DAY + 2) * 86400}")
        assert numbers(box.query, f"SELECT count() FROM flows WHERE minute < {(DAY + 1) * 1440}"
                       ) == [0]
        left = numbers(box.query, "SELECT count() FROM flows")[0]
        assert left > 0
        assert numbers(box.query, "SELECT sum(rows) FROM port_minute") == [left]
        hours = numbers(box.query, "SELECT sum(rows) FROM port_hour")[0]
        assert hours > left
        d.ok("check")
        # What comes late for a day whose rows are gone is counted, and is not taken for all of it.
        assert d.insert(950, 100) == "ok"
        d.ok("repair")
        assert numbers(box.query, "SELECT sum(rows) FROM port_hour") == [hours + 100]


def damage(box):
    with box.driver() as d:
        d.ok("check")
        part = box.parts("flows")[-1]
        box.storer.end()
        with open(os.path.join(part, "data.bin"), "r+b") as f:
            f.seek(os.path.getsize(f.name) // 2)
            byte = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte[0] ^ 0x55]))
        box.start()
        found = d.say("check")
        assert "a part is damaged" in found and not found.endswith("ok"), found


with tempfile.TemporaryDirectory() as top:
    first, second = Box(os.path.join(top, "first")), Box(os.path.join(top, "second"))
    with first.driver() as hand:
        core(hand, first.query)
    back_up(first, second, os.path.join(top, "backup"))
    retain(first)
    first.storer.end()
    second.storer.end()
    third = Box(os.path.join(top, "third"))
    kill_at_random(third)
    for number, name in enumerate(("flows", "port_minute", "total_minute")):
        lose_part(third, name, 500 + number)
    damage(third)
    third.storer.end()
