# SPDX-License-Identifier: Apache-2.0
"""Flow rows as Parquet are those of the CSV, column by column and row by row; without the storer, or
where no file can be, that is told and nothing is left behind."""
import json
import os
import shutil

from noroshi_test import csv_rows, folder, run
from storer_process import PROGRAM, Storer

SCENARIO = """
name = parquet
start = 2026-03-03T08:00:00Z
duration = 10m
telescope = 198.18.0.0/20
seed = 5

[noise]
type = background
sources = 300

[bots]
type = mirai
sources = 100
"""

NUMBERS = {"sensor", "proto", "port", "peer_port", "packets", "bytes", "destinations", "first",
           "last", "ttl_min", "ttl_max", "ip_len", "tcp_window"}


def read_back(storer, path):
    text = storer.ask(f"SELECT * FROM file('{path}', 'Parquet') FORMAT JSONEachRow",
                      max_threads="1", output_format_json_quote_64bit_integers="0")
    return [json.loads(line) for line in text.splitlines()]


def same(row, line):
    assert list(row) == list(line), (list(row), list(line))
    for name, value in line.items():
        got = row[name]
        if name in NUMBERS:
            assert got == float(value), (name, got, value)
        elif name == "destinations_exact":
            assert got is (value == "true"), (name, got, value)
        elif name == "window":
            assert got == value.replace("T", " ").replace("Z", ".000"), (name, got, value)
        else:
            assert got == value, (name, got, value)


def compare(storer, path, text):
    rows, lines = read_back(storer, path), csv_rows(text)
    assert len(rows) == len(lines) > 500, (len(rows), len(lines))
    for row, line in zip(rows, lines):
        same(row, line)


def check_types(storer, path):
    kinds = dict(line.split("\t")[:2] for line in storer.ask(
        f"DESCRIBE file('{path}', 'Parquet') FORMAT TSV",
        schema_inference_make_columns_nullable="0").splitlines())
    for name, kind in (("window", "DateTime64"), ("packets", "UInt64"), ("port", "UInt16"),
                       ("destinations_exact", "Bool"), ("first", "Float64"), ("kind", "String")):
        assert kind in kinds[name], (name, kinds[name])


def check_refusals(work, capture, batch):
    """Nothing is made, and what was there stays."""
    old = os.path.join(work, "old.parquet")
    with open(old, "w", encoding="utf-8") as f:
        f.write("old")
    before = sorted(os.listdir(work))
    missing = {**os.environ, "NOROSHI_STORER": "/nowhere/noroshi-storer"}
    for args in (("analyze", capture, "--quiet", "--flows", old), ("flows", batch, "-o", old)):
        done = run(*args, status=1, env=missing)
        assert b"/nowhere/noroshi-storer" in done.stderr, done.stderr
    broken = {**os.environ, "NOROSHI_STORER": "/bin/false"}
    assert b"does not start" in run("flows", batch, "-o", old, status=1, env=broken).stderr
    run("flows", batch, "--format", "parquet", status=2)
    run("flows", batch, "-o", os.path.join(work, "no", "x.parquet"), status=1)
    with open(old, encoding="utf-8") as f:
        assert f.read() == "old"
    assert sorted(os.listdir(work)) == before, os.listdir(work)
    run("flows", batch, "-o", old)
    with open(old, "rb") as f:
        assert f.read(4) == b"PAR1"
    assert sorted(os.listdir(work)) == before, os.listdir(work)


def main():
    with folder() as work:
        storer = Storer(os.path.join(work, "data"), os.path.join(work, "s")).wait_ready()
        scenario, capture = os.path.join(work, "s.scenario"), os.path.join(work, "day.pcap")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        run("synth", scenario, "-o", capture)
        batch, parquet = os.path.join(work, "day.batch"), os.path.join(work, "day 'o.parquet")
        run("analyze", capture, "--quiet", "--flows", batch)
        run("analyze", capture, "--quiet", "--flows", parquet)
        text = run("flows", batch).stdout
        plain = os.path.join(work, "plain.parquet")
        os.rename(parquet, plain)
        compare(storer, plain, text)
        check_types(storer, plain)
        key = os.path.join(work, "key")
        with open(key, "w", encoding="utf-8") as f:
            f.write("00" * 32)
        os.chmod(key, 0o600)
        other = os.path.join(work, "other.parquet")
        run("flows", batch, "--anonymize", key, "-o", other)
        compare(storer, other, run("flows", batch, "--anonymize", key).stdout)
        storer.end()
        shutil.rmtree(storer.data)
        check_refusals(work, capture, batch)
        print(f"ok - {len(text.splitlines()) - 1} rows; {os.path.basename(PROGRAM)} wrote them")


main()
