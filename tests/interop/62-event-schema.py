# SPDX-License-Identifier: Apache-2.0
"""The events that noroshi detect prints fit their schema, as ajv reads it; wrong ones do not."""
import copy
import json
import os
import shutil
import subprocess

from noroshi_test import SOURCE, folder, run, skip

TESTS = os.path.join(SOURCE, "tests")
SCHEMA = os.path.join(SOURCE, "docs", "schema", "event.schema.json")
SCENARIO = """duration = 10h
telescope = 198.18.0.0/22
seed = 4
[noise]
type = background
sources = 4000
[together]
type = slow-group
sources = 30
interval = 10m
ports = 8291, 7547, 9000
start = 6h
end = 8h
"""


def break_extra(doc):
    doc["events"][0]["surprise"] = 1


def break_state(doc):
    doc["events"][0]["state"] = "perhaps"


def break_id(doc):
    doc["events"][0]["id"] = "7"


def break_missing(doc):
    del doc["events"][0]["wrong_if"]


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
        scenario, capture, path = (os.path.join(place, name) for name in ("s", "c.pcap", "e.json"))
        with open(scenario, "w") as file:
            file.write(SCENARIO)
        run("synth", scenario, "-o", capture)
        with open(path, "wb") as file:
            file.write(run("detect", "--json", capture).stdout)
        with open(path) as file:
            good = json.load(file)
        groups = [e for e in good["events"] if e["detector"] == "group"]
        assert len(groups) == 1 and len(groups[0]["members"]) == 30, groups
        said, words = verdicts([path])
        assert said == ["fits"], words
        for wrong in (break_extra, break_state, break_id, break_missing):
            doc = copy.deepcopy(good)
            wrong(doc)
            with open(path, "w") as file:
                json.dump(doc, file)
            said, words = verdicts([path])
            assert said == ["refused"], (wrong.__name__, words)


main()
