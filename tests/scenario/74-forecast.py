# SPDX-License-Identifier: Apache-2.0
"""noroshi forecast: logs in each form and compression, hostile lines, exit statuses, no peeking."""
import gzip
import json
import os
import shutil
import subprocess

from noroshi_test import SOURCE, folder, run

LOG = os.path.join(SOURCE, "tests", "golden", "forecast", "log.csv")
with open(LOG, encoding="utf-8") as f:
    LINES = [line for line in f.read().splitlines() if not line.startswith("#")]
HEADER, ROWS = LINES[0], [line.split(",") for line in LINES[1:]]


def forecast(*args, **more):
    return json.loads(run("forecast", "--quiet", "--json", *args, **more).stdout)


def scores(doc):
    """What a change of form must not change."""
    return {k: doc[k] for k in ("span", "groups", "who_is_next")}


def check_forms(path, whole):
    """Other columns, separators and compressions say the same."""
    with open(path("own.csv"), "w", encoding="utf-8") as out:
        out.write("\r\n".join(["who;when;sensor;p;dport;hits;land"] + [
            ";".join((r[2], r[0] + "000", f'"{r[1]}"', r[3].upper(), r[4], r[5], r[6]))
            for r in ROWS]))
    names = "time=when,source=who,proto=p,port=dport,count=hits,country=land"
    assert scores(forecast("--backtest", path("own.csv"), "--columns", names)) == whole
    with open(path("bare.csv"), "w", encoding="utf-8") as out:
        out.writelines(",".join(r) + "\n" for r in ROWS)
    numbers = "time=#1,sensor=#2,source=#3,proto=#4,port=#5,count=#6,country=#7"
    assert scores(forecast("--backtest", path("bare.csv"), "--columns", numbers)) == whole
    with gzip.open(path("log.csv.gz"), "wb") as out:
        out.write("\n".join(LINES).encode())
    assert scores(forecast("--backtest", path("log.csv.gz"))) == whole
    with open(LOG, "rb") as data:
        assert scores(forecast("--backtest", "-", stdin=data.read())) == whole
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", path("own.csv"), "-o", path("own.zst")], check=True)
        assert scores(forecast("--backtest", path("own.zst"), "--columns", names)) == whole


def check_hostile(path, whole):
    """Lines that nobody should write are counted, and change nothing."""
    bad = ["", "a" * 70000, ",,,,,,", "1700000000,north,192.0.2.1,tcp,99999,1,JP",
           "yesterday,north,192.0.2.1,tcp,23,1,JP", "1700000000,north,nowhere,tcp,23,1,JP",
           "1700000000,north,192.0.2.1,tcp,23,0,JP", "1700000000,x\0y,192.0.2.1,tcp,23,1,JP",
           "4294967295,north,192.0.2.1,tcp,23,1,JP", "1700000000"]
    mixed = [HEADER]
    for i, row in enumerate(LINES[1:]):
        mixed.append(row)
        if i < len(bad):
            mixed.append(bad[i])
    with open(path("bad.csv"), "w", encoding="utf-8") as out:
        out.write("\n".join(mixed))
    doc = forecast("--backtest", path("bad.csv"))
    assert doc["history"]["rejected"] == {"long": 1, "short": 1, "time": 2, "source": 1,
                                          "sensor": 0, "proto": 0, "port": 1, "count": 1,
                                          "bytes": 1}, doc["history"]
    assert doc["span"].pop("strays") == 1
    want = json.loads(json.dumps(whole))
    want["span"].pop("strays")
    assert scores(doc) == want


def check_no_peeking(path, whole):
    """Another future: the same choices, the same series, the same training errors."""
    split = 1700006400 // 86400 * 86400 + 30 * 86400
    with open(path("future.csv"), "w", encoding="utf-8") as out:
        out.write(HEADER + "\n")
        for r in ROWS:
            late = int(r[0]) >= split
            port = "9999" if late and r[4] == "23" else r[4]
            out.write(",".join((*r[:4], port, str(int(r[5]) * (9 if late else 1)), r[6])) + "\n")
    other = scores(forecast("--backtest", path("future.csv")))
    for a, b in zip(whole["groups"], other["groups"]):
        names = [o["series"] for o in a["outlook"]]
        assert names == [o["series"] for o in b["outlook"]] and "9999/tcp" not in names
        for x, y in zip(a["models"], b["models"]):
            assert (x["chosen"], x["training_mae"]) == (y["chosen"], y["training_mae"])
            assert x["mae"] != y["mae"]


def check_statuses(path):
    for args in ((), ("--backtest",), ("--backtest", LOG, "more"), ("--backtest", LOG, "--step",
                 "year"), ("--backtest", LOG, "--format", "xml"), ("--backtest", LOG, "--train",
                 "95"), ("--backtest", LOG, "--columns", "when=x"),
                 ("--backtest", LOG, "--columns", "time=time", "--format", "dshield")):
        done = run("forecast", *args, status=2)
        assert done.stderr.startswith(b"noroshi: "), done.stderr
    with open(path("short.csv"), "w", encoding="utf-8") as out:
        out.write("\n".join(LINES[:3]))
    with open(path("cut.gz"), "wb") as out:
        out.write(gzip.compress("\n".join(LINES).encode())[:-500])
    for name, word in (("none.csv", "no such file"), ("short.csv", "day"), ("cut.gz", "gz")):
        done = run("forecast", "--backtest", path(name), status=1)
        assert word.encode() in done.stderr.lower(), (name, done.stderr)
    done = run("forecast", "--backtest", LOG, "--columns", "time=nothing", status=1)
    assert b"no column is named 'nothing'" in done.stderr, done.stderr
    if os.path.exists("/dev/full"):
        run("forecast", "--quiet", "--backtest", LOG, "--output", "/dev/full", status=1)
    run("forecast", "--quiet", "--backtest", LOG, "--output", path("out.txt"))
    with open(path("out.txt"), encoding="utf-8") as out:
        assert "Who is next" in out.read()
    assert b"--backtest" in run("forecast", "--help").stdout


def check_poor(path):
    """Hours; one sensor; too few days: what cannot be done is left out with its reason."""
    doc = forecast("--backtest", LOG, "--step", "hour")
    assert doc["span"]["step_seconds"] == 3600 and doc["groups"][0]["models"]
    with open(path("one.csv"), "w", encoding="utf-8") as out:
        out.write(HEADER + "\n")
        out.writelines(",".join(r) + "\n" for r in ROWS if r[1] == "east")
    doc = forecast("--backtest", path("one.csv"))
    assert "2 to" in doc["who_is_next"]["left_out"], doc["who_is_next"]
    doc = forecast("--backtest", LOG, "--train", "20")
    assert "training bins" in doc["groups"][0]["left_out"], doc["groups"][0]
    assert "training bins" in run("forecast", "--quiet", "--backtest", LOG, "--train",
                                  "20").stdout.decode()


with folder() as tmp:
    def in_folder(name):
        return os.path.join(tmp, name)

    everything = scores(forecast("--backtest", LOG))
    check_forms(in_folder, everything)
    check_hostile(in_folder, everything)
    check_no_peeking(in_folder, everything)
    check_statuses(in_folder)
    check_poor(in_folder)
