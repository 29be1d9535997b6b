# SPDX-License-Identifier: Apache-2.0
"""noroshi-storer speaks ClickHouse's HTTP on its socket, keeps what it acknowledged through
kill -9, counts a repeated insert once (rollups too), and has its directory to itself."""
import http.client
import os
import socket
import stat
import threading

from noroshi_test import folder
from storer_process import Refused, Storer, native

TABLE = ("CREATE TABLE flows (minute UInt32, note String, packets UInt64) ENGINE = MergeTree "
         "PARTITION BY intDiv(minute, 1440) ORDER BY minute "
         "SETTINGS non_replicated_deduplication_window = 1000")
SUMS = ("CREATE TABLE sums (hour UInt32, packets UInt64) ENGINE = SummingMergeTree ORDER BY hour "
        "SETTINGS non_replicated_deduplication_window = 1000")
VIEW = ("CREATE MATERIALIZED VIEW into_sums TO sums AS SELECT intDiv(minute, 60) AS hour, "
        "sum(packets) AS packets FROM flows GROUP BY hour")
INSERT = "INSERT INTO flows (minute, note, packets) FORMAT Native"
ROLLED = {"deduplicate_blocks_in_dependent_materialized_views": 1}


def block(minute, rows):
    return native([("minute", "UInt32", [minute] * rows), ("note", "String", [b"it's"] * rows),
                   ("packets", "UInt64", list(range(rows)))])


def refused(call):
    try:
        call()
    except Refused as refusal:
        return refusal
    raise AssertionError("was not refused")


def check_questions(storer):
    assert storer.ask("SELECT 1") == "1\n"
    assert storer.request("GET", "/?query=SELECT+2") == b"2\n"
    # the first half in the address, the rest in the body; a comment in front
    assert storer.request("POST", "/?query=/*noroshi-1*/SELECT+", b"3") == b"3\n"
    assert storer.ask("SELECT number FROM numbers(3)", default_format="CSV") == "0\n1\n2\n"
    assert storer.ask("SELECT getSetting('max_threads')", max_threads=1) == "1\n"
    assert storer.request("POST", "/?default_format=Native", b"SELECT toUInt8(7) AS a") == \
        native([("a", "UInt8", [7])])
    many = storer.ask("SELECT number FROM numbers(3000000)").splitlines()
    assert len(many) == 3_000_000 and many[-1] == "2999999"
    assert storer.ask("SELECT currentDatabase()") == "noroshi\n"


def check_refusals(storer):
    assert refused(lambda: storer.ask("SELEC 1")).code == 62
    assert refused(lambda: storer.ask("")).code == 62
    assert refused(lambda: storer.ask("SELECT 1; SELECT 2")).code == 62
    missing = refused(lambda: storer.ask("SELECT * FROM nosuch"))
    assert (missing.status, missing.code) == (404, 60), missing
    assert refused(lambda: storer.ask("SELECT 1", nosuch=1)).code == 115
    assert refused(lambda: storer.ask("SELECT 1", path="/")).code == 115
    assert refused(lambda: storer.ask("SELECT 1", max_threads="x")).status == 400
    assert refused(lambda: storer.ask("SELECT 1", database="no`such")).code == 81
    assert refused(lambda: storer.request("GET", "/?query=DROP+TABLE+flows")).code == 164
    assert refused(lambda: storer.request("DELETE", "/")).status == 405
    assert refused(lambda: storer.request("GET", "/etc/passwd")).status == 404
    memory = refused(lambda: storer.ask("SELECT groupArray(number) FROM numbers(100000000)",
                                        max_memory_usage=50_000_000))
    assert memory.code == 241, memory
    assert refused(lambda: storer.ask(INSERT, data=b"\x01\x01nonsense")).status in (400, 500)
    late = storer.ask("SELECT throwIf(number = 2000000) FROM numbers(3000000)",
                      max_block_size=1000)
    assert "Code: 395. DB::Exception" in late[-2000:], late[-300:]


def raw(storer, text):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(storer.path)
        s.sendall(text)
        return s.recv(4096)


def check_lengths(storer):
    head = b"POST / HTTP/1.1\r\nHost: x\r\n"
    both = head + b"Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert raw(storer, both + b"0\r\n\r\nSELECT 1").startswith(b"HTTP/1.1 400")
    twice = head + b"Content-Length: 8\r\nContent-Length: 8\r\n\r\nSELECT 1"
    assert raw(storer, twice).startswith(b"HTTP/1.1 400")
    once = head + b"Content-Length: 8\r\nConnection: close\r\n\r\nSELECT 1"
    assert raw(storer, once).startswith(b"HTTP/1.1 200")


def check_inserts(storer):
    for sql in (TABLE, SUMS, VIEW):
        storer.ask(sql)
    for _ in range(3):
        storer.ask(INSERT, data=block(60, 100), insert_deduplication_token="hub-1-0", **ROLLED)
    assert storer.number("SELECT count() FROM flows") == 100
    assert storer.number("SELECT sum(packets) FROM sums") == 4950
    storer.ask(INSERT, data=block(60, 100), insert_deduplication_token="hub-2-0", **ROLLED)
    assert storer.number("SELECT sum(packets) FROM sums") == 9900
    assert storer.number("SELECT countIf(note = 'it\\'s') FROM flows") == 200
    # 100,000 rows stay one block: one part, one name for the deduplication
    storer.ask("SYSTEM STOP MERGES flows")
    storer.ask(INSERT, data=block(2000, 100_000), insert_deduplication_token="big")
    storer.ask(INSERT, data=block(2000, 100_000), insert_deduplication_token="big")
    assert storer.number("SELECT count() FROM flows WHERE minute = 2000") == 100_000
    assert storer.number("SELECT count() FROM system.parts WHERE partition = '1' AND active") == 1
    # the body ends early: nothing of it counts
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(storer.path)
        s.sendall(b"POST /?query=INSERT+INTO+flows+FORMAT+TSV HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Length: 1000\r\n\r\n5\tcut\t1\n")
    storer.ask("SYSTEM START MERGES flows")
    assert storer.number("SELECT count() FROM flows WHERE note = 'cut'") == 0


def check_durable_defaults(storer):
    wanted = "'fsync_after_insert', 'fsync_part_directory'"
    assert storer.number("SELECT sum(toUInt8(value)) FROM system.merge_tree_settings "
                         f"WHERE name IN ({wanted})") == 2
    assert storer.ask("SELECT value FROM system.server_settings "
                      "WHERE name = 'max_server_memory_usage'") == f"{1 << 30}\n"


def check_modes(storer, data):
    assert stat.S_IMODE(os.stat(storer.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(data).st_mode) == 0o700


def check_alone(storer, place):
    second = Storer(storer.data, os.path.join(place, "other"))
    assert second.wait() == 1 and "has this data directory" in second.log, second.log
    assert str(storer.process.pid) in second.log
    third = Storer(os.path.join(place, "data3"), storer.path)
    assert third.wait() == 1 and "another process answers there" in third.log, third.log
    shared = os.path.join(place, "shared")
    os.mkdir(shared)
    os.chmod(shared, 0o777)
    fourth = Storer(shared, os.path.join(place, "four"))
    assert fourth.wait() == 1 and "others may write" in fourth.log, fourth.log
    assert storer.ask("SELECT 1") == "1\n"


def check_kill(data, path):
    """Writers name their blocks; whatever was acknowledged when the process died is there."""
    acknowledged, tried = [], []

    def write(storer, writer):
        for i in range(100_000):
            minute = 10_080 + writer * 100_800 + i
            tried.append(minute)
            try:
                storer.ask(INSERT, data=block(minute, 50), insert_deduplication_token=str(minute),
                           **ROLLED)
            except (OSError, Refused, http.client.HTTPException):  # its end, however it shows
                return
            acknowledged.append(minute)

    for life in range(2):
        storer = Storer(data, path).wait_ready()
        before = len(acknowledged)
        writers = [threading.Thread(target=write, args=(storer, 2 * life + w)) for w in range(2)]
        for writer in writers:
            writer.start()
        while len(acknowledged) < before + 30:
            assert any(w.is_alive() for w in writers)
        storer.kill()
        for writer in writers:
            writer.join()
    storer = Storer(data, path).wait_ready()  # over the dead one's socket
    counted = dict(map(int, line.split("\t")) for line in storer.ask(
        "SELECT minute, count() FROM flows WHERE minute >= 10080 GROUP BY minute").splitlines())
    assert all(counted.get(minute) == 50 for minute in acknowledged), \
        [m for m in acknowledged if counted.get(m) != 50]
    assert set(counted.values()) == {50}
    # what was not acknowledged is sent again: once in all, in the rollup too
    for minute in sorted(set(tried) - set(acknowledged)) + acknowledged[-5:]:
        storer.ask(INSERT, data=block(minute, 50), insert_deduplication_token=str(minute),
                   **ROLLED)
    assert storer.number("SELECT count() FROM flows WHERE minute >= 10080") == 50 * len(tried)
    assert storer.number("SELECT sum(packets) FROM sums WHERE hour >= 168") == 1225 * len(tried)
    assert storer.end() == 0


def check_end(data, path):
    """SIGTERM lets an insert finish whose body is on its way."""
    storer = Storer(data, path).wait_ready()
    rows = block(5_000_000, 1000)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(100)
        s.connect(path)
        s.sendall(b"POST /?query=INSERT+INTO+flows+(minute,note,packets)+FORMAT+Native HTTP/1.1"
                  b"\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(rows))
        s.sendall(rows[:500])
        while storer.number("SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'") < 1:
            pass
        storer.process.terminate()
        while True:  # a new request is refused once the end has begun
            try:
                storer.ask("SELECT 1")
            except (Refused, OSError):
                break
        s.sendall(rows[500:])
        assert s.recv(4096).startswith(b"HTTP/1.1 200")
    assert storer.wait() == 0, storer.log
    assert not os.path.exists(path)
    storer = Storer(data, path).wait_ready()
    assert storer.number("SELECT count() FROM flows WHERE minute = 5000000") == 1000
    assert storer.end() == 0


def main():
    with folder() as place:
        data, path = os.path.join(place, "data"), os.path.join(place, "sock")
        storer = Storer(data, path).wait_ready()
        check_questions(storer)
        check_lengths(storer)
        check_durable_defaults(storer)
        check_modes(storer, data)
        check_inserts(storer)
        check_refusals(storer)
        check_alone(storer, place)
        assert storer.end() == 0, storer.log
        check_kill(data, path)
        check_end(data, path)


main()
