# SPDX-License-Identifier: Apache-2.0
"""Runs tests/helper/http_hub.c and speaks to it: well by http.client, badly by raw sockets."""
import http.client
import json
import os
import socket
import ssl
import subprocess

PROGRAM = os.path.join(os.environ.get("NOROSHI_BUILD", "build"), "tests", "http_hub")
BATCH = "application/x-noroshi-batch"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Hub:
    """The program and one line of talk with it for each command."""

    def __init__(self, directory, *store, patience=60):
        self.directory = directory
        self.log = open(os.path.join(directory, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, directory, str(patience), *store],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.process.kill()
            self.process.wait()
            print(self.log_text()[-4000:])
        else:
            self.quit()
        self.log.close()
        self.process.stdin.close()
        self.process.stdout.close()

    def log_text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def quit(self):
        if self.process.poll() is None:
            self.process.stdin.write("quit\n")
            self.process.stdin.flush()
        status = self.process.wait(timeout=60)
        assert status == 0, f"http_hub ended with {status}\n{self.log_text()[-4000:]}"

    def do(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        assert line, self.log_text()[-2000:]
        return line

    def path(self, name):
        return os.path.join(self.directory, name)

    def context(self, certificate=None, key=None):
        context = ssl.create_default_context(cafile=self.path("authority.pem"))
        if certificate:
            context.load_cert_chain(certificate, key)
        return context

    def connect(self, certificate=None, key=None):
        """A kept connection over TLS."""
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60,
                                           context=self.context(certificate, key))

    def local(self):
        """A kept connection over the Unix socket."""
        return UnixConnection(self.path("http.sock"))

    def raw(self, tls=True):
        """A socket to misuse."""
        if not tls:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(60)
            sock.connect(self.path("http.sock"))
            return sock
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return self.context().wrap_socket(sock, server_hostname="127.0.0.1")

    def figures(self):
        """{name: value} of /metrics, labels within the name."""
        status, _, body = ask(self.local(), "GET", "/metrics", keep=False)
        assert status == 200, body
        lines = (line for line in body.decode().split("\n") if line and line[0] != "#")
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def ask(connection, method, path, body=None, headers=None, token=None, keep=True):
    """(status, headers, body) of one request."""
    headers = dict(headers or {})
    if token:
        headers["Authorization"] = "Bearer " + token
    if isinstance(body, dict):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    if not keep:
        connection.close()
    return answer.status, answer.headers, data


def read_all(sock):
    """Everything until the server closes or cuts the connection."""
    data = b""
    while True:
        try:
            piece = sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return data
        if not piece:
            return data
        data += piece


def statuses(data):
    """The statuses of all answers in a stream of bytes."""
    return [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]


def make_request(directory, name):
    """A key and a request for it: paths of both."""
    key, request = (os.path.join(directory, f"{name}.{end}") for end in ("key", "csr"))
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", key, "-out", request], check=True, capture_output=True)
    return key, request


def join(hub, name, member):
    """A sensor that has joined: (number, path of its certificate, of its key)."""
    key, request = make_request(hub.directory, name)
    with open(request, encoding="ascii") as f:
        body = {"token": hub.do("invite", name, member), "csr": f.read(), "version": "0.1"}
    status, _, data = ask(hub.connect(), "POST", "/v1/sensor/enrol", body, keep=False)
    assert status == 200, data
    joined = json.loads(data)
    certificate = os.path.join(hub.directory, f"{name}.pem")
    with open(certificate, "w", encoding="ascii") as f:
        f.write(joined["certificate"])
    return joined["sensor"], certificate, key
