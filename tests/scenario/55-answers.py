# SPDX-License-Identifier: Apache-2.0
"""Answers of the store against brute force: random queries by everybody who may ask."""
import math
import os
import random
import sys

import answer_reference as ref
import storer_process
from answers_test import Driver, load, table_of
from clickhouse_test import Servers, missing
from noroshi_test import folder, skip

QUERIES = int(os.environ.get("NOROSHI_QUERIES", "60"))
VIEWERS = [
    ref.Viewer("administrator"), ref.Viewer("analyst"),
    ref.Viewer("member", (1, 2)), ref.Viewer("member", (1, 2), round_to=10, grain=10),
    ref.Viewer("member", (8,), hub=(4, 5), grain=60), ref.Viewer("member", (6, 7), named=True),
    ref.Viewer("member", (3, 4, 5), hub=(90, 0)),
    ref.Viewer("reader", ()), ref.Viewer("reader", (), round_to=5, hub=(5, 9)),
]


def close(a, b):
    return a == b if a is None or b is None else math.isclose(a, b, rel_tol=1e-9)


def measures(reference, q, viewer, sums, low, high, group):
    """What a group shows; None where nothing is known."""
    windows, hours = reference.hours(q, viewer, low, high, group)
    known = sums is not None and any(sums[m if m != "rate" else "packets"]
                                     for m in q["measures"]) or \
        (windows > 0 and not viewer.others(q)[0])
    sums = sums or {s: 0 for s in ref.SUMS}
    return [None if not known else (sums["packets"] / hours if hours else None) if m == "rate"
            else sums[m] for m in q["measures"]]


def check_groups(reference, q, viewer, answer):
    rows = table_of(answer, q["verb"])
    got = {tuple(r[d] for d in q["by"]): [r[m] for m in q["measures"]] for r in rows}
    cells = reference.cells(q, viewer)
    if not q["by"]:
        cells.setdefault((), None)
    want = {k: measures(reference, q, viewer, c, q["from"], q["to"], k) for k, c in cells.items()}
    assert len(got) == len(rows), "a group stands twice"
    assert set(got) == set(want), set(got) ^ set(want)
    for key, values in want.items():
        assert all(map(close, got[key], values)), (key, got[key], values)
    first = [-math.inf if r[q["measures"][0]] is None else r[q["measures"][0]] for r in rows]
    assert first == sorted(first, reverse=True) or q["measures"][0] == "rate", first


def check_series(reference, q, viewer, answer):
    width = q["every"]
    cells = reference.cells(q, viewer, width)
    groups = {tuple(row[d] for d in q["by"]) for row in table_of(answer)} if q["by"] else {()}
    whole = reference.cells(q, viewer)
    assert groups <= set(whole) | {()}, groups - set(whole)
    assert len(groups) == min(len(whole), q["limit"]) or not q["by"]
    buckets = range(q["from"] // width, (q["to"] - 1) // width + 1)
    rows = table_of(answer)
    assert len(rows) == len(buckets) * len(groups), (len(rows), len(buckets), len(groups))
    for row in rows:
        group = tuple(row[d] for d in q["by"])
        t = next(b for b in buckets if ref.time_text(b * width) == row["time"])
        low, high = max(q["from"], t * width), min(q["to"], (t + 1) * width)
        want = measures(reference, q, viewer, cells.get((t,) + group), low, high, group)
        got = [row[m] for m in q["measures"]]
        assert all(map(close, got, want)), (row, want)


def check_complete(reference, q, viewer, answer):
    watched = reference.watched(q, viewer)
    low, high = q["from"], q["to"]
    complete = answer["complete"]
    windows, hours = reference.hours(q, viewer, low, high)
    expected = len(watched) * max(0, min(high, ref.NOW // 60 - 2) - low)
    assert complete["expected_windows"] == expected, (complete, expected)
    assert complete["windows"] == min(windows, expected), (complete, windows)
    assert math.isclose(complete["address_hours"], hours, rel_tol=1e-6, abs_tol=1e-9)
    named = set(ref.SENSOR_NAMES.values()) if viewer.own is None or viewer.named else \
        {ref.SENSOR_NAMES[s] for s in viewer.own}
    assert {gap["sensor"] for gap in complete["gaps"]} <= named


def check(driver, reference, q, viewer):
    words = ref.text(q)
    driver.say(viewer.command())
    if q["verb"] == "series":
        words += " limit 10000" if len(q["by"]) else ""
    answer = driver.json(words)
    try:
        (check_series if q["verb"] == "series" else check_groups)(reference, q, viewer, answer)
        check_complete(reference, q, viewer, answer)
    except AssertionError:
        print(f"{viewer.command()}\n{words}\n{str(answer)[:2000]}", file=sys.stderr)
        raise


def too_many(q):
    """More values than a series may have."""
    return q["verb"] == "series" and len(q["by"]) == 2 and q["every"] < 60


def random_queries(driver, reference, seed):
    rng = random.Random(seed)
    for _ in range(QUERIES):
        q = ref.draw_query(rng)
        if not too_many(q):
            check(driver, reference, q, rng.choice(VIEWERS))


def others_do_not_exist(driver):
    """Another's sensor, one that shares nothing and one that nobody has: the same answer."""
    driver.say(ref.Viewer("member", (1, 2)).command())
    for words in ("count packets, sources where sensor = {}", "count packets where sensor != {}",
                  "series packets where sensor in ({}, s1-alpha) every 1h",
                  "compare sensor by packets where sensor = {}",
                  "rows where sensor = {} limit 10", "top 5 port by packets where not sensor = {}",
                  "source 192.0.2.0 where sensor = {}"):
        answers = set()
        for name in ("nobody", "s3-beta", "s8-delta", "s9-gamma", "#3", "#999"):
            answer = driver.ask(words.format(name) + " last 3d").decode()
            assert '"seconds"' in answer, (words, answer)
            end = answer.index('"seconds"')
            answers.add(answer[answer.index('"from"'):end])
        assert len(answers) == 1, (words, answers)


def span(low, high):
    return f"from {ref.time_text(low)} to {ref.time_text(high)}"


def check_rows(driver, reference, low, high):
    """Every row of the period, in the order of time; and what a member sees of them."""
    for viewer in (ref.Viewer("administrator"), ref.Viewer("member", (1, 2))):
        driver.say(viewer.command())
        want = sorted((ref.time_text(r["minute"]), ref.SENSOR_NAMES[r["sensor"]],
                       ref.address_text(r["source"]), ref.port_text(r), ref.KINDS[r["kind"]],
                       r["packets"]) for r in reference.rows
                      if low <= r["minute"] < high and r["sensor"] in reference.visible(viewer))
        answer = driver.json(f"rows {span(low, high)} limit 100000")
        got = [tuple(r[c] for c in ("time", "sensor", "source", "port", "kind", "packets"))
               for r in table_of(answer)]
        assert sorted(got) == want and [g[0] for g in got] == sorted(g[0] for g in got)
        assert not answer["cut"]
        few = driver.json(f"rows {span(low, high)} limit 7")
        assert len(table_of(few)) == 7 and few["cut"]
        assert [r["time"] for r in table_of(few)] == [g[0] for g in got[:7]]


def check_source(driver, reference, low, high):
    address = "198.51.100.7"
    for viewer in (ref.Viewer("analyst"), ref.Viewer("member", (1, 2)), ref.Viewer("reader", ())):
        driver.say(viewer.command())
        answer = driver.json(f"source {address} {span(low, high)}")
        rows = [r for r in reference.rows if low <= r["minute"] < high
                and ref.address_text(r["source"]) == address
                and r["sensor"] in reference.visible(viewer)]
        summary = table_of(answer, "summary")
        assert len(summary) == (1 if rows else 0)
        if not rows:
            continue
        assert summary[0]["packets"] == sum(r["packets"] for r in rows)
        assert summary[0]["first_seen"] == ref.time_text(min(r["minute"] for r in rows))
        assert summary[0]["last_seen"] == ref.time_text(max(r["minute"] for r in rows))
        assert summary[0]["sensors"] == len({r["sensor"] for r in rows})
        for side, group in (("ports", "port"), ("kinds", "kind"), ("tools", "tool"),
                            ("sensors", "sensor")):
            sums = {}
            for r in rows:
                key = ref.value(r, group)
                sums[key] = sums.get(key, 0) + r["packets"]
            assert {r[group]: r["packets"] for r in table_of(answer, side)} == sums, side
        assert sum(r["packets"] or 0 for r in table_of(answer, "timeline")) == \
            sum(r["packets"] for r in rows)
        odd = [r for r in rows if r["signs"] & 2]
        assert [s for s in table_of(answer, "signs") if s["sign"] == "odd-source"] == [
            {"sign": "odd-source", "rows": len(odd),
             "packets": sum(r["packets"] for r in odd)}][:len(odd)]


def check_compare(driver, reference, low, high):
    viewer = ref.Viewer("administrator")
    driver.say(viewer.command())
    q = {"by": ["sensor"], "where": None, "from": low, "to": high, "measures": ["rate"]}
    rows = table_of(driver.json(f"compare sensor {span(low, high)}"))
    assert {r["sensor"] for r in rows} == \
        {n for s, n in ref.SENSOR_NAMES.items() if s not in ref.WITHDRAWN}
    cells = reference.cells(q, viewer)
    for row in rows:
        windows, hours = reference.hours(q, viewer, low, high, (row["sensor"],))
        packets = cells.get((row["sensor"],), {"packets": 0})["packets"]
        assert row["windows"] == windows and row["expected"] == high - low, row
        assert close(row["rate"], packets / hours if hours else None), row
    rates = [r["rate"] for r in rows if r["rate"] is not None]
    assert rates == sorted(rates, reverse=True)
    driver.say(ref.Viewer("member", (1, 2)).command())
    names = {r["sensor"] for r in table_of(driver.json(f"compare sensor {span(low, high)}"))}
    assert names == {ref.SENSOR_NAMES[1], ref.SENSOR_NAMES[2]}
    assert len(table_of(driver.json(f"compare member by packets {span(low, high)}"))) == 1


def check_against(driver, reference):
    """A day against the day before: sums by hour of watching, sources as they are."""
    viewer = ref.Viewer("administrator")
    driver.say(viewer.command())
    low, high = ref.MINUTE0 + 1440, ref.MINUTE0 + 2880
    for measure in ("packets", "sources"):
        q = {"by": ["port"], "where": None, "from": low, "to": high, "measures": [measure]}
        base = dict(q, **{"from": low - 1440, "to": low})
        now, before = reference.cells(q, viewer), reference.cells(base, viewer)
        hours, hours_before = (reference.hours(x, viewer, x["from"], x["to"])[1]
                               for x in (q, base))
        scale = hours_before / hours if measure == "packets" else 1
        rows = table_of(driver.json(f"top 3 port by {measure} {span(low, high)} against 1d"))
        assert len(rows) == 3
        for row in rows:
            a, b = now[(row["port"],)][measure], before[(row["port"],)][measure]
            assert row[measure] == a and row["before"] == b, row
            assert math.isclose(row["change"], a / b * scale - 1, rel_tol=1e-9), row
    rows = table_of(driver.json(f"top 3 port by packets {span(ref.MINUTE0, low)} against 1d"))
    assert all(r["before"] is None and r["change"] is None for r in rows), rows


def check_gaps(driver, reference):
    """The gaps of a sensor are those minutes that no window has."""
    driver.say(ref.Viewer("administrator").command())
    low, high = ref.MINUTE0 + 1500, ref.MINUTE0 + 2500
    complete = driver.json(f"count packets where sensor = {ref.SENSOR_NAMES[1]} "
                           f"{span(low, high)}")["complete"]
    there = {w["minute"] for w in reference.windows if w["sensor"] == 1}
    missing_minutes = {m for m in range(low, high) if m not in there}
    told = set()
    for gap in complete["gaps"]:
        assert gap["sensor"] == ref.SENSOR_NAMES[1] and gap["number"] == 1
        told |= {m for m in range(low, high)
                 if gap["from"] <= ref.time_text(m) < gap["to"]}
    assert told == missing_minutes and complete["gap_count"] == len(complete["gaps"])


def check_live(driver, execute):
    """Provisional rows count until their minute's window is there, and a gap stays a gap."""
    driver.say(ref.Viewer("administrator").command())
    minute = ref.NOW // 60
    ask = f"count packets {span(minute - 1, minute + 1)}"
    before = table_of(driver.json(ask))[0]["packets"]
    for sensor, at in ((1, minute), (2, minute), (9, minute), (3, minute - 1)):
        execute(f"INSERT INTO live (minute, second, sensor, proto, packets) VALUES "
                f"({at}, {at * 60 + 5}, {sensor}, 6, 1000)")
    execute("INSERT INTO windows (minute, sensor, span, addresses, watched_ms) VALUES "
            f"({minute - 1}, 3, 60, 1, 60000), ({minute}, 2, 60, 1, 60000)")
    answer = driver.json(ask)
    assert (before or 0) + 1000 == table_of(answer)[0]["packets"], answer
    assert answer["complete"]["live_until"] == ref.time_text(minute)[:-3] + "06Z", answer
    driver.say(ref.Viewer("member", (3, 4)).command())
    assert driver.json(ask)["complete"]["live_until"] is None
    driver.say(ref.Viewer("administrator").command())
    nobody = driver.json(f"series packets {span(ref.MINUTE0 + 1980, ref.MINUTE0 + 2160)} every 1h")
    hour = table_of(nobody)[1]
    assert hour["complete"] == 0, hour


def test_store(driver, execute, seed):
    rng = random.Random(seed)
    rows, windows = ref.draw_rows(rng, 5000), ref.draw_windows(rng)
    load(execute, rows, windows)
    driver.be_the_hub()
    reference = ref.Reference(rows, windows)
    random_queries(driver, reference, seed)
    low, high = ref.MINUTE0 + 90, ref.MINUTE0 + 2000
    check_rows(driver, reference, low, high)
    check_source(driver, reference, low, high)
    check_compare(driver, reference, low, high)
    check_against(driver, reference)
    check_gaps(driver, reference)
    check_live(driver, execute)
    others_do_not_exist(driver)


def with_server(seed):
    """Debian's ClickHouse, 18.16."""
    if missing():
        print(f"SKIPPED: {missing()} is not installed", file=sys.stderr)
        return False
    with folder() as where, Servers(where) as servers, \
            Driver("--url", servers.node(0).url) as driver:
        test_store(driver, servers.node(0).query, seed)
    return True


def with_storer(seed):
    """The embedded engine."""
    if not os.path.exists(storer_process.PROGRAM):
        print("SKIPPED: noroshi-storer is not built", file=sys.stderr)
        return False
    with folder() as where:
        path = os.path.join(where, "sock")
        storer = storer_process.Storer(os.path.join(where, "data"), path).wait_ready()
        try:
            with Driver("--socket", path) as driver:
                test_store(driver, storer.ask, seed)
        finally:
            storer.end()
    return True


def main():
    seed = int(os.environ.get("NOROSHI_SEED", "1"))
    ran = [with_server(seed), with_storer(seed + 1)]
    if not any(ran):
        skip("no store to ask")


main()
