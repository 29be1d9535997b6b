# SPDX-License-Identifier: Apache-2.0
"""The HTTP server against those who break its rules: each gets a clear answer or none, nothing is
smuggled, nothing is kept, and the server answers others as before. Under the thread sanitizer too: the server has many a pthread."""
import concurrent.futures
import http.client
import os
import socket
import ssl
import subprocess
import threading
import warnings

from http_hub import BATCH, Hub, ask, join, make_request, read_all, statuses
from noroshi_test import folder

HOST = b"Host: hub\r\n"
SMUGGLED = b"GET /openapi.json HTTP/1.1\r\nHost: hub\r\n\r\n"


def send(hub, data, tls=False):
    sock = hub.raw(tls)
    with sock:
        try:
            sock.sendall(data)
        except (ConnectionError, ssl.SSLError):
            pass  # it has heard enough
        return read_all(sock)


def request(extra, line=b"POST /v1/sensor/enrol HTTP/1.1", host=HOST, body=b""):
    return line + b"\r\n" + host + extra + b"\r\n" + body


def check_refused(hub):
    """An answer of 400 and the end of the connection, whatever follows."""
    chunks = b"5\r\nhello\r\n0\r\n\r\n"
    length, chunked = b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"
    cases = {
        "length and encoding": request(length + chunked, body=chunks),
        "encoding and length": request(chunked + length, body=chunks),
        "two lengths": request(length + b"Content-Length: 6\r\n", body=b"hello!"),
        "two equal lengths": request(length + length, body=b"hello"),
        "a list of lengths": request(b"Content-Length: 5, 5\r\n", body=b"hello"),
        "a signed length": request(b"Content-Length: +5\r\n", body=b"hello"),
        "a negative length": request(b"Content-Length: -5\r\n", body=b"hello"),
        "a length in hex": request(b"Content-Length: 0x5\r\n", body=b"hello"),
        "chunked twice": request(chunked + chunked, body=chunks),
        "another encoding": request(b"Transfer-Encoding: gzip, chunked\r\n", body=chunks),
        "an odd encoding": request(b"Transfer-Encoding: xchunked\r\n", body=chunks),
        "two hosts": request(b"Host: other\r\n", line=b"GET /healthz HTTP/1.1"),
        "no host": request(b"", line=b"GET /healthz HTTP/1.1", host=b""),
        "no host, old": request(b"", line=b"GET /healthz HTTP/1.0", host=b""),
        "two tokens": request(b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
                              line=b"GET /api/v1/status HTTP/1.1"),
        "a body with GET": request(length, line=b"GET /healthz HTTP/1.1", body=b"hello"),
        "a blank before the colon": request(b"Content-Length : 5\r\n", body=b"hello"),
    }
    for name, data in cases.items():
        for tls in (False, True):
            answer = statuses(send(hub, data + SMUGGLED, tls))
            # libmicrohttpd 0.9.75 writes the header of its own errors twice.
            assert answer in ([400], [400, 400], [411]), (name, tls, answer)


def check_targets(hub):
    for target in (b"/healthz/../healthz", b"//healthz", b"/%", b"/a%00b", b"/%c0%af",
                   b"/healthz?a=1&a=2", b"/healthz#x", b"http://hub/healthz", b"*"):
        line = b"GET " + target + b" HTTP/1.1"
        answer = send(hub, request(b"Connection: close\r\n", line=line))
        assert statuses(answer) == [400], (target, answer)
        assert b'"error":{"status":400,' in answer, answer


def check_giants(hub):
    """Past a bound the answer is 4xx or a closed connection."""
    big = b"x" * 100_000
    cases = {
        "header": request(b"X: " + big + b"\r\n", line=b"GET /healthz HTTP/1.1"),
        "headers": request(b"X: y\r\n" * 20_000, line=b"GET /healthz HTTP/1.1"),
        "target": request(b"", line=b"GET /" + big + b" HTTP/1.1"),
        "method": request(b"", line=big + b" / HTTP/1.1"),
        "no end": big * 10,
        "body": request(b"Content-Length: 104857600\r\nContent-Type: application/json\r\n",
                        body=big),
        "length": request(b"Content-Length: 18446744073709551615\r\n"),
        "length past 64 bits": request(b"Content-Length: 99999999999999999999999\r\n"),
        "chunk": request(b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
                         body=b"ffffffffffffffff\r\n" + big),
        "chunks": request(b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
                          body=b"186a0\r\n" + big + b"\r\n") + (b"186a0\r\n" + big + b"\r\n") * 40,
    }
    for name, data in cases.items():
        answer = statuses(send(hub, data))
        assert all(400 <= status < 500 for status in answer), (name, answer)
    for status, path, headers in ((413, "/v1/sensor/enrol", {"Content-Type": "application/json"}),
                                  (415, "/v1/sensor/enrol", {"Content-Type": "text/plain"})):
        body = b"{" + b" " * (20_000 if status == 413 else 10) + b"}"
        got, _, text = ask(hub.local(), "POST", path, body, headers, keep=False)
        assert got == status, (got, text)


def check_nonsense(hub):
    def one(data):
        for tls in (False, True):
            answer = statuses(send(hub, data, tls))
            assert all(status >= 400 for status in answer), (data[:20], answer)
        with socket.create_connection(("127.0.0.1", hub.port), timeout=60) as sock:
            try:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server was quicker
            assert b"HTTP" not in read_all(sock)

    cases = (b"\x00" * 500, b"\xff" * 500, b"GET\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n",
             b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
             b"\x16\x03\x01\x02\x00\x01" + b"\x00" * 300, b"\r\n" * 300)
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        list(pool.map(one, cases))


def check_slow(hub):
    """Who sends a byte now and then, or reads one, is cut. That recv() ends is the test."""
    before = hub.figures()["noroshi_http_expired_total"]

    def drip(start, tls, wait=0.2):
        sock = hub.raw(tls) if tls is not None else socket.create_connection(
            ("127.0.0.1", hub.port), timeout=60)
        with sock:
            sock.sendall(start)
            sock.settimeout(wait)
            while True:
                try:
                    if not sock.recv(4096):
                        return
                except TimeoutError:
                    pass
                except (ConnectionError, ssl.SSLError):
                    return
                try:
                    sock.settimeout(60)
                    sock.sendall(b"a")
                    sock.settimeout(wait)
                except (ConnectionError, ssl.SSLError):
                    return

    enrol = request(b"Content-Type: application/json\r\nContent-Length: 1000\r\n")
    idle = request(b"", line=b"GET /healthz HTTP/1.1")
    cases = [(b"GET /healthz HTTP/1.1\r\nX: ", False), (b"GET /healthz HTTP/1.1\r\nX: ", True),
             (enrol, False), (enrol, True), (b"\x16\x03\x01\x02\x00", None), (b"", False),
             (idle + b"GET /", False)]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        list(pool.map(lambda case: drip(*case), cases))
    assert hub.figures()["noroshi_http_expired_total"] >= before + len(cases)


def check_slow_reader(hub):
    """Answers that nobody takes: the sender is let go of."""
    before = hub.figures()["noroshi_http_expired_total"]
    sock = socket.socket(socket.AF_UNIX)
    with sock:
        sock.settimeout(60)
        sock.connect(hub.path("http.sock"))
        try:
            for _ in range(20_000):
                sock.sendall(SMUGGLED)
            raise AssertionError("the server took questions without end")
        except ConnectionError:
            pass
    assert hub.figures()["noroshi_http_expired_total"] == before + 1


def check_half(hub, certificate, key):
    """Bodies that end early leave no memory promised."""
    for _ in range(20):
        sock = hub.context(certificate, key).wrap_socket(
            socket.create_connection(("127.0.0.1", hub.port), timeout=60),
            server_hostname="127.0.0.1")
        with sock:
            sock.sendall(request(f"Content-Type: {BATCH}\r\nContent-Length: 9000000\r\n".encode(),
                                 line=b"POST /v1/sensor/batch HTTP/1.1", body=b"a" * 100_000))
    connection = hub.connect(certificate, key)
    while hub.figures()["noroshi_http_body_held_bytes"] > 0:
        pass
    status, _, body = ask(connection, "POST", "/v1/sensor/batch", b"a" * 16_000_000,
                          {"Content-Type": BATCH}, keep=False)
    assert status == 200, (status, body)


def check_tls(hub):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    for context in (old, ssl.create_default_context()):
        try:
            with socket.create_connection(("127.0.0.1", hub.port), timeout=60) as sock:
                context.wrap_socket(sock, server_hostname="127.0.0.1")
        except ssl.SSLError:
            continue
        raise AssertionError("TLS 1.1, or a chain that nobody vouches for, was taken")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = hub.context()
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", hub.port), timeout=60) as sock:
            with context.wrap_socket(sock, server_hostname="127.0.0.1") as tls:
                tls.sendall(request(b"Connection: close\r\n", line=b"GET /healthz HTTP/1.1"))
                assert statuses(read_all(tls)) == [200]


def check_certificates(hub, certificate, key, number):
    def batch(*pair):
        return ask(hub.connect(*pair), "POST", "/v1/sensor/batch", b"a", {"Content-Type": BATCH},
                   keep=False)

    assert batch(certificate, key)[0] == 200
    status, headers, _ = batch()
    assert status == 401 and headers["WWW-Authenticate"].startswith("Certificate")
    for kind, want in (("expired", 401), ("early", 401), ("other", 401), ("good", 403)):
        stranger, csr = make_request(hub.directory, kind)
        made = hub.path(kind + ".pem")
        hub.do("issue", kind, number, "one", csr, made)
        # A good one that the control data do not know was never handed out by this hub.
        status, _, body = batch(made, stranger)
        assert status == want, (kind, status, body)
        assert ask(hub.connect(made, stranger), "GET", "/healthz", keep=False)[0] == 200
    # A certificate that ends while its connection is open.
    stranger, csr = make_request(hub.directory, "brief")
    made = hub.path("brief.pem")
    hub.do("issue", "brief", number, "one", csr, made)
    connection = hub.connect(made, stranger)
    status = 403
    while status == 403:
        status = ask(connection, "POST", "/v1/sensor/batch", b"a", {"Content-Type": BATCH})[0]
    assert status == 401, status
    connection.close()


def check_parallel(hub, certificate, key):
    before = hub.figures()

    def one(_):
        connection = hub.connect(certificate, key)
        got = [ask(connection, "POST", "/v1/sensor/batch", b"a" * (1 + 500 * i),
                   {"Content-Type": BATCH})[0] for i in range(20)]
        got += [ask(connection, "GET", "/healthz")[0] for _ in range(5)]
        connection.close()
        return got

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        for got in pool.map(one, range(40)):
            assert got == [200] * 25, got
    after = hub.figures()
    name = 'noroshi_http_requests_total{status="2xx"}'
    assert after[name] - before[name] == 1001, (before[name], after[name])
    assert after["noroshi_http_connections_total"] - before["noroshi_http_connections_total"] == 41


def check_many_connections(hub):
    """Past the limit of an address new connections are shut; others still get in."""
    socks = [socket.create_connection(("127.0.0.1", hub.port), timeout=60) for _ in range(120)]
    assert b"" in [socks[-1].recv(1)]
    assert ask(hub.local(), "GET", "/healthz", keep=False)[0] == 200
    for sock in socks:
        sock.close()
    while hub.figures()["noroshi_http_connections_open"] > 1:
        pass
    assert ask(hub.connect(), "GET", "/healthz", keep=False)[0] == 200


def check_curl(hub, certificate, key):
    def curl(*args):
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--cacert", hub.path("authority.pem"), *args],
            capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    base = f"https://127.0.0.1:{hub.port}"
    assert curl(base + "/healthz") == b'{"status":"ok"}\n'
    head = curl("-I", base + "/healthz").lower()
    assert head.startswith(b"http/1.1 200") and b"\ncontent-length: 16\r" in head, head
    for header in (b"x-content-type-options: nosniff", b"cache-control: no-store",
                   b"content-security-policy: ", b"strict-transport-security: "):
        assert header in head, head
    # Two requests over one connection.
    out = curl("-o", os.devnull, "-o", os.devnull, "-w", "%{num_connects}\n", base + "/healthz",
               base + "/openapi.json")
    assert out.split() == [b"1", b"0"], out
    big = hub.path("big")
    with open(big, "wb") as f:
        f.write(b"a" * 10_000_000)
    pair = ("--cert", certificate, "--key", key, "-H", f"Content-Type: {BATCH}")
    assert b'"sequence":10000000' in curl(*pair, "--data-binary", "@" + big,
                                          base + "/v1/sensor/batch")
    # Refused before the body is sent (Expect: 100-continue), with an answer.
    out = curl("-H", f"Content-Type: {BATCH}", "--data-binary", "@" + big, "-w", "%{size_upload}",
               base + "/v1/sensor/batch")
    assert b'"status":401' in out and out.endswith(b"}\n0"), out


def check_end(hub, certificate, key):
    """The hub ends in the middle of everything: each request is answered whole or not at all."""
    started = threading.Barrier(21)

    def one(_):
        connection = hub.connect(certificate, key)
        got = ask(connection, "POST", "/v1/sensor/batch", b"a" * 30_000, {"Content-Type": BATCH})
        started.wait()
        try:
            while got[0] == 200:
                assert got[2].endswith(b"}\n"), got
                got = ask(connection, "POST", "/v1/sensor/batch", b"a", {"Content-Type": BATCH})
            assert got[0] == 503, got
        except (http.client.HTTPException, OSError):
            pass
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        ends = [pool.submit(one, i) for i in range(20)]
        started.wait()
        hub.quit()
        for end in ends:
            end.result()


def main():
    with folder() as directory, Hub(directory, patience=2) as hub:
        number, certificate, key = join(hub, "one", "alpha")
        check_refused(hub)
        check_targets(hub)
        check_giants(hub)
        check_nonsense(hub)
        check_tls(hub)
        check_certificates(hub, certificate, key, number)
        check_half(hub, certificate, key)
        check_parallel(hub, certificate, key)
        check_many_connections(hub)
        check_curl(hub, certificate, key)
        check_slow(hub)
        check_slow_reader(hub)
        assert ask(hub.connect(), "GET", "/healthz", keep=False)[0] == 200
        check_end(hub, certificate, key)
        for secret in ("nrs1.", "nrt1.", "PRIVATE KEY"):
            assert secret not in hub.log_text()


main()
