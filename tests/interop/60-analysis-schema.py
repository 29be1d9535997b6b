# SPDX-License-Identifier: Apache-2.0
"""The JSON report fits its schema, as ajv reads it; and the schema refuses what is wrong.

The documents are the expected outputs of the unit tests, which are compared byte for byte.
"""
import copy
import glob
import json
import os
import shutil
import subprocess

from noroshi_test import SOURCE, folder, skip

TESTS = os.path.join(SOURCE, "tests")
SCHEMA = os.path.join(SOURCE, "docs", "schema", "analysis.schema.json")


def fits(path):
    done = subprocess.run(["node", os.path.join(TESTS, "interop", "ajv-check.js"), SCHEMA, path],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1) and path in done.stdout, done.stderr
    return done.returncode == 0, done.stdout


def break_extra(doc):
    doc["surprise"] = 1


def break_kind(doc):
    doc["kinds"]["Horizontal Scan"] = 1


def break_count(doc):
    doc["input"]["packets"] = -1


def break_missing(doc):
    del doc["sources"][0]["spoofed"]


def break_time(doc):
    doc["attacks"][0]["start"] = "2026-01-01 00:00:00"


def break_tool(doc):
    doc["sources"][0]["tool"] = "wget"


def break_port(doc):
    doc["ports"][0]["port"] = 65536


def main():
    if not shutil.which("node") or not os.path.isdir(os.path.join(TESTS, "node_modules", "ajv")):
        skip("node or ajv is not there: npm ci --prefix tests")
    documents = glob.glob(os.path.join(TESTS, "unit", "report", "expected", "*.json"))
    assert len(documents) >= 4, documents
    for path in documents:
        fine, said = fits(path)
        assert fine, said
    with open(os.path.join(TESTS, "unit", "report", "expected", "day.json")) as day:
        good = json.load(day)
    with folder() as place:
        for wrong in (break_extra, break_kind, break_count, break_missing, break_time, break_tool,
                      break_port):
            doc = copy.deepcopy(good)
            wrong(doc)
            path = os.path.join(place, "doc.json")
            with open(path, "w") as out:
                json.dump(doc, out)
            fine, said = fits(path)
            assert not fine, f"{wrong.__name__} went through"


main()
