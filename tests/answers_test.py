# SPDX-License-Identifier: Apache-2.0
"""The program that answers queries in a test's hand (tests/helper/answer_driver.c), with the
made-up rows of answer_reference loaded."""
import json
import os
import subprocess

import answer_reference as ref

COLUMNS = ("minute", "sensor", "proto", "port", "kind", "tool", "packets", "bytes",
           "destinations", "country", "asn", "signs")


class Driver:
    """`address`: "--url", URL or "--socket", PATH."""

    def __init__(self, *address):
        program = os.path.join(os.environ["NOROSHI_BUILD"], "tests", "answer_driver")
        # pylint: disable=consider-using-with
        self.child = subprocess.Popen([program, *address], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        assert self.child.stdout.readline() == b"ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()

    def say(self, line):
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def ask(self, text):
        """The answer's bytes."""
        self.say(f"ask {text}")
        lines = []
        while True:
            line = self.child.stdout.readline()
            assert line, f"the driver ended: {text}"
            if line == b".\n":
                return b"".join(lines)
            lines.append(line)

    def json(self, text):
        answer = self.ask(text)
        assert not answer.startswith(b"error"), (text, answer)
        return json.loads(answer)

    def be_the_hub(self):
        """The roster of answer_reference."""
        for number, (name, shared, sensors, sources) in ref.MEMBERS.items():
            self.say(f"member {number} {name} {int(shared)} {sensors} {sources}")
        for number, member in ref.SENSORS.items():
            self.say(f"sensor {number} {member} {ref.SENSOR_NAMES[number]} {ref.MINUTE0 * 60} 0 "
                     f"{int(number in ref.WITHDRAWN)}")
        self.say(f"now {ref.NOW}")
        self.say("viewer administrator 0 0 0 0 0 0")


def load(execute, rows, windows):
    """Insert with `execute`, a function that takes SQL."""
    def insert(table, columns, tuples):
        for at in range(0, len(tuples), 2000):
            values = ",".join(str(t) for t in tuples[at:at + 2000])
            execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}")

    # A block lies within a day.
    for day in range(ref.DAYS):
        low = ref.MINUTE0 + day * 1440
        insert("flows", COLUMNS + ("src_hi", "src_lo"), [
            tuple(r[c] for c in COLUMNS) + (r["source"] >> 64, r["source"] & 2**64 - 1)
            for r in rows if low <= r["minute"] < low + 1440])
        columns = ("minute", "sensor", "packets", "dropped", "malformed", "addresses", "watched_ms")
        insert("windows", columns + ("span", "uptime_s"), [
            tuple(w[c] for c in columns) + (60, 1)
            for w in windows if low <= w["minute"] < low + 1440])


def table_of(answer, name=None):
    """[{column: value}] of one table."""
    for table in answer["tables"]:
        if name in (None, table["name"]):
            names = [c["name"] for c in table["columns"]]
            return [dict(zip(names, row)) for row in table["rows"]]
    raise AssertionError(f"no table {name}")
