# SPDX-License-Identifier: Apache-2.0
"""noroshi query against a hub that a test plays: what is sent, what is printed, exit statuses."""
import http.server
import json
import os
import threading
import urllib.parse

from noroshi_test import folder, run

ANSWER = {
    "query": "top 2 port by packets last 1d", "from": "2026-01-01T00:00:00Z",
    "to": "2026-01-02T00:00:00Z", "bucket_seconds": None, "base_from": None, "groups": 1,
    "tables": [{"name": "top", "columns": [{"name": "port", "type": "text"},
                                           {"name": "packets", "type": "count"}],
                "rows": [["23/tcp", 1234], ["53/udp", 5]]}],
    "complete": {"expected_windows": 1440, "windows": 1440, "share": 1, "packets": 1239,
                 "dropped": 0, "malformed": 0, "sensors": 1, "address_hours": 24.0,
                 "gap_count": 0, "gaps": [], "live_until": None},
    "distinct": None, "read": {"tables": ["port_day"], "seconds": 0.01}, "cut": False,
    "notes": []}
TABLE = "port    packets\n23/tcp    1,234\n53/udp        5\n\n"
TAIL = "complete: 1,440 of 1,440 windows (100 %) of 1 sensor; 0 of 1,239 packets lost\n"
ROWS = b"time,source\r\n2026-01-01T00:00:00Z,192.0.2.1\r\n"


class Hub(http.server.BaseHTTPRequestHandler):
    asked = []  # (path, parameters, authorization)
    status, body = 200, b""

    def do_GET(self):  # pylint: disable=invalid-name
        url = urllib.parse.urlparse(self.path)
        Hub.asked.append((url.path, dict(urllib.parse.parse_qsl(url.query)),
                          self.headers.get("Authorization")))
        self.send_response(Hub.status)
        self.send_header("Content-Length", str(len(Hub.body)))
        self.end_headers()
        self.wfile.write(Hub.body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def ask(url, *words, status=0, answer=200, body=None):
    Hub.status = answer
    Hub.body = json.dumps(ANSWER).encode() if body is None else body
    Hub.asked.clear()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "NOROSHI_"))}
    return run("query", "--url", url, *words, status=status, env=env)


def test_forms(url):
    done = ask(url, "TOP 2 port by packets")
    assert done.stdout.decode() == TABLE + TAIL, done.stdout
    path, parameters, authorization = Hub.asked[0]
    assert path == "/api/v1/query" and authorization is None, Hub.asked
    assert parameters == {"q": "top 2 port by packets last 1d", "format": "json"}, parameters
    # Without quotes around the question, and options behind it.
    assert ask(url + "/", "top", "2", "port", "by", "packets",
               "--format", "table").stdout.decode() == TABLE + TAIL
    assert Hub.asked[0][0] == "/api/v1/query"
    done = ask(url, "top 2 port by packets", "--format", "csv")
    assert done.stdout == b"port,packets\r\n23/tcp,1234\r\n53/udp,5\r\n" and \
        done.stderr.decode() == TAIL, done
    done = ask(url, "top 2 port by packets", "--format", "spark")
    assert done.stdout.startswith(b"23/tcp  1,234  ######"), done.stdout
    assert json.loads(ask(url, "top 2 port by packets", "--format", "json").stdout) == ANSWER
    done = ask(url, "rows where port = 23/tcp", "--format", "csv", body=ROWS)
    assert done.stdout == ROWS and Hub.asked[0][1]["format"] == "csv", done


def test_token(url, where):
    path = os.path.join(where, "token")
    with open(path, "w", encoding="ascii") as f:
        f.write("nrt1.secret\nsecond line\n")
    ask(url, "rows", "--token-file", path)
    assert Hub.asked[0][2] == "Bearer nrt1.secret", Hub.asked
    with open(path, "w", encoding="ascii") as f:
        f.write("\n")
    assert b"no token" in ask(url, "rows", "--token-file", path, status=1).stderr
    assert not Hub.asked


def test_failures(url):
    bad = ask(url, "top 5 prt by packets", status=2)
    assert b"expected port, proto" in bad.stderr and b"\n        ^" in bad.stderr, bad.stderr
    assert not Hub.asked
    for answer, body, status, words in (
            (401, b"", 1, b"does not take this token"), (500, b"<html>", 1, b"status 500"),
            (400, b'{"error": {"status": 400, "title": "Bad", "detail": "no \\u001b[2J"}}', 2,
             b"the hub says: no  [2J"),
            (200, b"", 1, b"no JSON"), (200, b"{}", 1, b"none that we know"),
            (200, json.dumps(ANSWER)[:-40].encode(), 1, b"no JSON")):
        done = ask(url, "rows", answer=answer, body=body, status=status)
        assert words in done.stderr and done.stdout == b"", (answer, body, done)
    assert b"--format" in ask(url, "rows", "--format", "xml", status=2).stderr
    assert run("query", "rows", "--url", "http://127.0.0.1:1", status=1).stderr
    assert run("query", "rows", "--config", "/nonexistent/hub.conf", status=1).stderr
    assert run("query", "--url", url, status=2).stderr


def main():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server, folder() as where:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        test_forms(url)
        test_token(url, where)
        test_failures(url)
        server.shutdown()


main()
