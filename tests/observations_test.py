# SPDX-License-Identifier: Apache-2.0
"""The observations in a test's hand: observations_driver (tests/helper), and what must add up."""
import os
import subprocess

ROLLUPS = ("port_minute", "port_hour", "port_day", "place_hour", "place_day", "total_minute")
DAY = 20000  # since 1970
TOTALS = "SELECT count(), sum(packets), sum(bytes), uniqExact(src_hi, src_lo) FROM flows"


class Driver:
    """`address`: ["--url", URL] or ["--socket", PATH], and more of its options."""

    def __init__(self, *address):
        program = os.path.join(os.environ["NOROSHI_BUILD"], "tests", "observations_driver")
        # pylint: disable=consider-using-with
        self.child = subprocess.Popen([program, *address], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.opened = self.child.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline().strip()

    def ok(self, line):
        answer = self.say(line)
        assert answer == "ok" or answer.endswith(": ok"), f"{line}: {answer}"
        return answer

    def insert(self, seed, rows, token=None, day=DAY):
        return self.say(f"insert {day} {seed} {rows} {token or f'block-{seed}'}")


def numbers(query, sql):
    return [int(word) for word in query(sql).split()]


def rows_and_rollups(query):
    """[rows, packets, bytes] of flows, after all rollups were seen to have the same."""
    rows = numbers(query, TOTALS)[:3]
    for table in ROLLUPS:
        sums = numbers(query, f"SELECT sum(rows), sum(packets), sum(bytes) FROM {table}")
        assert sums == rows, f"{table} has {sums}, the rows {rows}"
    return rows


def withdrawn(query, sensor, begin, end):
    """Rows of a sensor in [begin, end) minutes."""
    return numbers(query, "SELECT count() FROM flows WHERE sensor = %d AND minute >= %d AND "
                          "minute < %d" % (sensor, begin, end))[0]


def core(d, query):
    """What every engine has to do, on an empty store."""
    assert d.opened == "ok", d.opened
    for seed, day in ((1, DAY), (2, DAY), (3, DAY + 1)):
        assert d.insert(seed, 3000, day=day) == "ok"
        assert d.insert(seed, 3000, day=day) == "ok"  # again
    assert rows_and_rollups(query)[0] == 9000
    d.ok(f"windows {DAY} 5 100 w-1")
    d.ok(f"windows {DAY} 5 100 w-1")
    assert numbers(query, "SELECT count(), sum(packets), sum(clock_offset_us = -5) FROM windows"
                   ) == [100, 100 * 5 + 4950, 100]
    assert numbers(query, "SELECT count() FROM flows WHERE last_ms >= first_ms AND "
                          "ttl_max >= ttl_min AND bytes = 44 * packets") == [9000]
    assert "token" in d.say(f"insert {DAY} 1 10 bad'token")
    d.ok(f"live {DAY * 86400} 1 100")
    d.ok(f"live {DAY * 86400 + 700} 1 50")
    assert numbers(query, "SELECT count() FROM live") == [50]
    d.ok("check")
    repairs(d, query)
    withdrawal(d, query)
    d.ok("check")


def repairs(d, query):
    """A rollup that someone changed is found, and is whole again after a repair."""
    query(f"ALTER TABLE port_hour DROP PARTITION {DAY}")
    query("INSERT INTO total_minute SELECT minute, sensor, proto, kind, packets, bytes, rows, "
          f"sources FROM total_minute WHERE minute < {(DAY + 1) * 1440}")
    found = d.say("check")
    assert "[port_hour 20000 " in found and "[total_minute 20000 " in found, found
    assert "20001" not in found and not found.endswith("ok"), found
    assert d.say("repair").endswith("repaired] ok")
    d.ok("check")
    assert rows_and_rollups(query)[0] == 9000


def withdrawal(d, query):
    begin, end = DAY * 1440 + 90, (DAY + 1) * 1440 + 100
    before = rows_and_rollups(query)[0]
    mine = withdrawn(query, 2, begin, end)
    others = numbers(query, "SELECT count() FROM flows WHERE sensor != 2")
    assert 0 < mine < before
    assert f"removed {mine}:" in d.ok(f"withdraw 2 {begin} {end}")
    assert "removed 0:" in d.ok(f"withdraw 2 {begin} {end}")
    assert withdrawn(query, 2, begin, end) == 0
    assert rows_and_rollups(query)[0] == before - mine
    assert numbers(query, "SELECT count() FROM flows WHERE sensor != 2") == others
    assert d.insert(1, 3000) == "ok"  # acknowledged long ago: it does not come back
    assert rows_and_rollups(query)[0] == before - mine
