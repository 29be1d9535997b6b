# SPDX-License-Identifier: Apache-2.0
"""The JSON report fits its schema, as ajv reads it; and the schema refuses what is wrong.

The documents are the expected outputs of the unit tests, which are compared byte for byte, and
one of the whole program.
"""
import copy
import glob
import json
import os
import shutil
import subprocess

from noroshi_test import (SOURCE, ethernet, folder, ipv4, pcap_header, pcap_record, run, skip, tcp,
                          udp)

TESTS = os.path.join(SOURCE, "tests")
SCHEMA = os.path.join(SOURCE, "docs", "schema", "analysis.schema.json")


def verdicts(paths):
    """What ajv says of each document, "fits" or "refused", and all its words."""
    done = subprocess.run(["node", os.path.join(TESTS, "interop", "ajv-check.js"), SCHEMA, *paths],
                          capture_output=True, text=True, timeout=120)
    said = [line.split(" ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert len(said) == len(paths), done.stdout + done.stderr
    return said, done.stdout


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


def capture():
    """A scanner, a victim's answers, and a record that is no packet."""
    records = [pcap_record(1000, b"\x00" * 20)]
    for i in range(200):
        records.append(pcap_record(1000 + i, ethernet(ipv4(
            "192.0.2.1", f"198.18.0.{i}", 6, tcp(40000, 23, seq=i)))))
        records.append(pcap_record(1000 + i + 0.5, ethernet(ipv4(
            "203.0.113.9", f"198.18.0.{i}", 6, tcp(443, 1024 + i, flags=0x12)))))
    records.append(pcap_record(1300, ethernet(ipv4("192.0.2.7", "198.18.0.9", 17,
                                                   udp(5000, 1900, b"x")))))
    return pcap_header() + b"".join(records)


def main():
    if not shutil.which("node") or not os.path.isdir(os.path.join(TESTS, "node_modules", "ajv")):
        skip("node or ajv is not there: npm ci --prefix tests")
    documents = glob.glob(os.path.join(TESTS, "unit", "report", "expected", "*.json"))
    assert len(documents) >= 4, documents
    with open(os.path.join(TESTS, "unit", "report", "expected", "day.json")) as day:
        good = json.load(day)
    wrongs = (break_extra, break_kind, break_count, break_missing, break_time, break_tool,
              break_port)
    with folder() as place:
        program = os.path.join(place, "program.json")
        with open(program, "wb") as out:
            out.write(run("analyze", "--json", "--quiet", "--net", "198.18.0.0/24", "-",
                          stdin=capture()).stdout)
        with open(program) as file:
            assert len(json.load(file)["sources"]) == 3
        said, words = verdicts([*documents, program])
        assert set(said) == {"fits"}, words
        paths = []
        for wrong in wrongs:
            doc = copy.deepcopy(good)
            wrong(doc)
            paths.append(os.path.join(place, f"{wrong.__name__}.json"))
            with open(paths[-1], "w") as out:
                json.dump(doc, out)
        said, words = verdicts(paths)
        assert set(said) == {"refused"}, words


main()
