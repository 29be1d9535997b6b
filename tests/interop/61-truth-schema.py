# SPDX-License-Identifier: Apache-2.0
"""The truth that noroshi synth writes fits its schema, as ajv reads it; wrong truths do not."""
import copy
import json
import os
import shutil
import subprocess

from noroshi_test import SOURCE, folder, run, skip

TESTS = os.path.join(SOURCE, "tests")
SCHEMA = os.path.join(SOURCE, "docs", "schema", "truth.schema.json")
SCENARIO = os.path.join(TESTS, "fuzz", "corpus", "scenario_fuzz", "every-type")


def break_extra(doc):
    doc["sources"][0]["surprise"] = 1


def break_tool(doc):
    doc["sources"][0]["tool"] = "wget"


def break_packets(doc):
    doc["sources"][0]["packets"] = 0


def break_time(doc):
    doc["attacks"][0]["first"] = "yesterday"


def break_missing(doc):
    del doc["totals"]


def verdicts(paths):
    done = subprocess.run(["node", os.path.join(TESTS, "interop", "ajv-check.js"), SCHEMA, *paths],
                          capture_output=True, text=True, timeout=120)
    said = [line.split(" ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert len(said) == len(paths), done.stdout + done.stderr
    return said, done.stdout


def main():
    if not shutil.which("node") or not os.path.isdir(os.path.join(TESTS, "node_modules", "ajv")):
        skip("node or ajv is not there: npm ci --prefix tests")
    with folder() as place:
        path = os.path.join(place, "truth.json")
        run("synth", SCENARIO, "-o", os.devnull, "--truth", path)
        with open(path) as file:
            good = json.load(file)
        assert good["worms"] and good["groups"] and good["attacks"]
        said, words = verdicts([path])
        assert said == ["fits"], words
        for wrong in (break_extra, break_tool, break_packets, break_time, break_missing):
            doc = copy.deepcopy(good)
            wrong(doc)
            with open(path, "w") as out:
                json.dump(doc, out)
            said, words = verdicts([path])
            assert said == ["refused"], (wrong.__name__, words)


main()
