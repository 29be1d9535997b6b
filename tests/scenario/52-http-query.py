# SPDX-License-Identifier: Apache-2.0
"""Questions over HTTP: the store's answer as JSON and CSV, as far as who asks may see it, and what
becomes of questions that are wrong, too long, or meet no store."""
import concurrent.futures
import csv
import io
import json
import os
import time
import urllib.parse

from http_hub import Hub, ask, join
from noroshi_test import folder
from openapi import Document
from storer_process import Storer

MINUTES, PACKETS = 30, 5


def load(store, numbers, now):
    """For each sensor a source of its own, one row and one window a minute."""
    first = now // 60 - MINUTES - 2
    flows, windows = [], []
    for number in numbers:
        for minute in range(first, first + MINUTES):
            source = 0xFFFF << 32 | 0x2D000000 | number
            flows.append(f"({minute},{number},0,{source},6,23,0,{PACKETS},{PACKETS * 40})")
            windows.append(f"({minute},{number},60,{PACKETS},256,60000)")
    # A block lies within a day.
    for rows, sql in ((flows, "flows (minute,sensor,src_hi,src_lo,proto,port,kind,packets,bytes)"),
                      (windows, "windows (minute,sensor,span,packets,addresses,watched_ms)")):
        days = {}
        for row in rows:
            days.setdefault(int(row[1:].split(",")[0]) // 1440, []).append(row)
        for values in days.values():
            store.ask(f"INSERT INTO {sql} VALUES {','.join(values)}")


class Asker:
    def __init__(self, hub, token):
        self.hub, self.token = hub, token
        _, _, body = ask(hub.connect(), "GET", "/openapi.json", keep=False)
        self.document = Document(json.loads(body))

    def get(self, path, want=200, **parameters):
        if parameters:
            path += "?" + urllib.parse.urlencode(parameters)
        status, headers, body = ask(self.hub.connect(), "GET", path, token=self.token, keep=False)
        assert status == want, (path, status, body)
        answers = self.document.operation("GET", path)["responses"]
        assert headers["Content-Type"].split(";")[0] in answers[str(status)]["content"], path
        if status == 200 and "/query" in path:
            assert headers["Noroshi-Complete"].startswith("windows="), headers
        return body.decode() if parameters.get("format") == "csv" else json.loads(body)

    def query(self, text, **more):
        return self.get("/api/v1/query", q=text, **more)


def rows_of(answer):
    return [row for table in answer["tables"] for row in table["rows"]]


def check_answers(analyst, numbers):
    total = MINUTES * PACKETS * len(numbers)
    answer = analyst.query("count packets last 2h")
    assert [total] in rows_of(answer), answer
    assert answer["complete"]["packets"] == total, answer["complete"]
    text = analyst.query("top 20 port by packets last 2h", format="csv")
    rows = list(csv.reader(io.StringIO(text)))
    assert any("23/tcp" in row and str(total) in row for row in rows), rows
    one = analyst.get(f"/api/v1/source/45.0.0.{numbers[0]}", last="2h")
    assert str(MINUTES * PACKETS) in json.dumps(one), one
    again = analyst.query(f"source 45.0.0.{numbers[0]} last 2h")
    assert again["tables"] == one["tables"]


def check_rights(analyst, member, numbers):
    """Another member's sensor answers as one that nobody has."""
    assert len(rows_of(analyst.query("top 10 sensor by packets last 2h"))) == len(numbers)
    own = rows_of(member.query("top 10 sensor by packets last 2h"))
    assert len(own) == 1 and own[0][-1] == MINUTES * PACKETS, own
    other = rows_of(member.query("count packets where sensor = first last 2h"))
    nobody = rows_of(member.query("count packets where sensor = nowhere last 2h"))
    assert other == nobody, (other, nobody)


def check_refused(hub, analyst):
    analyst.get("/api/v1/query", want=400)
    for text in ("", "top", "count packets last 2h;DROP TABLE flows", "count apples"):
        error = analyst.query(text, want=400)["error"]
        assert error["status"] == 400 and error["detail"], error
    analyst.query("count packets last 2h", want=400, format="xml")
    analyst.query("series packets from 2000-01-01T00:00Z to 2000-01-01T00:00Z", want=400)
    analyst.get("/api/v1/source/nonsense", want=404)
    analyst.get("/api/v1/source/192.0.2.1", want=400, last="7 d;")
    assert ask(hub.connect(), "GET", "/api/v1/query?q=x", keep=False)[0] == 401


def check_long(analyst, store, now):
    """An answer that is longer than memory buffers comes whole, and in order."""
    minute = now // 60 - 1
    store.ask("INSERT INTO flows (minute,sensor,src_hi,src_lo,proto,port,packets,bytes) "
               f"SELECT {minute},1,0,number+281470698520576,17,number%1000,1,60 FROM numbers(60000)")
    rows = list(csv.reader(io.StringIO(analyst.query(
        "rows where proto = udp last 2h limit 60000", format="csv"))))
    assert sum("1" in row for row in rows) >= 60000 and len(rows) >= 60001, len(rows)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda hub: Asker(hub, analyst.token).query(
            "top 5 port by packets where proto = udp last 2h"), [analyst.hub] * 40))
    assert all(a["tables"] == answers[0]["tables"] for a in answers)


def check_no_store(hub, analyst, store, start):
    store.kill()
    error = analyst.query("count packets last 2h", want=503)["error"]
    assert error["detail"], error
    # The rest of the hub lives on, and so do questions once there is a store again.
    assert analyst.get("/api/v1/status")["hub"]
    again = start()
    assert rows_of(analyst.query("count packets last 2h"))
    assert "/api/v1/query" in hub.log_text() and "last 2h" not in hub.log_text()
    return again


def main():
    with folder() as directory:
        state, socket = os.path.join(directory, "hub"), os.path.join(directory, "storer.sock")
        os.mkdir(state)

        def start():
            return Storer(os.path.join(directory, "data"), socket).wait_ready()

        store = start()
        with Hub(state, socket) as hub:
            now = int(time.time())
            numbers = [join(hub, name, member)[0] for name, member in
                       (("first", "alpha"), ("second", "beta"))]
            load(store, numbers, now)
            analyst = Asker(hub, hub.do("token", "analyst", "-", "analyst"))
            member = Asker(hub, hub.do("token", "member", "beta", "beta"))
            check_answers(analyst, numbers)
            check_rights(analyst, member, numbers)
            check_refused(hub, analyst)
            check_long(analyst, store, now)
            store = check_no_store(hub, analyst, store, start)
        assert store.end() == 0


main()
