# SPDX-License-Identifier: Apache-2.0
"""The JSON of a back-test fits its schema, as ajv reads it; and the schema refuses what is wrong."""
import json
import os
import shutil
import subprocess

from noroshi_test import SOURCE, folder, run, skip

TESTS = os.path.join(SOURCE, "tests")
SCHEMA = os.path.join(SOURCE, "docs", "schema", "forecast.schema.json")
LOG = os.path.join(TESTS, "golden", "forecast", "log.csv")


def verdicts(paths):
    done = subprocess.run(["node", os.path.join(TESTS, "interop", "ajv-check.js"), SCHEMA, *paths],
                          capture_output=True, text=True, timeout=120)
    said = [line.split(" ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert len(said) == len(paths), done.stdout + done.stderr
    return said, done.stdout


if not shutil.which("node") or not os.path.isdir(os.path.join(TESTS, "node_modules", "ajv")):
    skip("node or ajv is not there")
with folder() as tmp:
    paths = []
    for i, args in enumerate(((), ("--step", "hour"), ("--train", "20"))):
        paths.append(os.path.join(tmp, f"{i}.json"))
        run("forecast", "--quiet", "--json", "--output", paths[-1], "--backtest", LOG, *args)
    said, words = verdicts(paths)
    assert said == ["fits"] * len(paths), words
    with open(paths[0], encoding="utf-8") as f:
        doc = json.load(f)
    doc["groups"][0]["models"][0]["coverage"]["90"] = 90
    with open(paths[0], "w", encoding="utf-8") as f:
        json.dump(doc, f)
    said, words = verdicts(paths[:1])
    assert said == ["refused"], words
