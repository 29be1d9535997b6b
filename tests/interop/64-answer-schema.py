# SPDX-License-Identifier: Apache-2.0
"""Answers to every kind of question fit their schema, as ajv reads it; wrong ones do not."""
import json
import os
import random
import shutil
import subprocess

import answer_reference as ref
from answers_test import Driver, load
from clickhouse_test import Servers, missing
from noroshi_test import SOURCE, folder, skip

TESTS = os.path.join(SOURCE, "tests")
SCHEMA = os.path.join(SOURCE, "docs", "schema", "answer.schema.json")
QUESTIONS = ("series packets, rate by kind last 3d every 1h", "count sources, destinations last 1h",
             "top 5 port by packets last 1d against 1d", "source 198.51.100.7 last 3d",
             "compare member by rate last 3d", "rows last 3d limit 20",
             "count packets from 2020-01-01 to 2020-01-02")
BREAKS = (lambda a: a.pop("complete"), lambda a: a["tables"][0].pop("rows"),
          lambda a: a["tables"][0]["columns"][0].update(type="odd"),
          lambda a: a["tables"][0]["rows"].append([{}]), lambda a: a.update(extra=1),
          lambda a: a["complete"].update(windows=-1))


def verdicts(paths):
    done = subprocess.run(["node", os.path.join(TESTS, "interop", "ajv-check.js"), SCHEMA, *paths],
                          capture_output=True, text=True, timeout=120)
    said = [line.split(" ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert len(said) == len(paths), done.stdout + done.stderr
    return said, done.stdout


def write(where, name, document):
    path = os.path.join(where, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)
    return path


def main():
    if not shutil.which("node") or not os.path.isdir(os.path.join(TESTS, "node_modules", "ajv")):
        skip("node or ajv is not installed (tools/install-npm tests)")
    if missing():
        skip(f"{missing()} is not installed")
    rng = random.Random(1)
    with folder() as where, Servers(where) as servers, \
            Driver("--url", servers.node(0).url) as driver:
        load(servers.node(0).query, ref.draw_rows(rng, 1000), ref.draw_windows(rng))
        driver.be_the_hub()
        good = [write(where, f"good-{i}.json", driver.json(q)) for i, q in enumerate(QUESTIONS)]
        bad = []
        for i, spoil in enumerate(BREAKS):
            document = driver.json(QUESTIONS[0])
            spoil(document)
            bad.append(write(where, f"bad-{i}.json", document))
        said, text = verdicts(good + bad)
    assert said[:len(good)] == ["fits"] * len(good), text
    assert "fits" not in said[len(good):], text


main()
