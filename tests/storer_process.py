# SPDX-License-Identifier: Apache-2.0
"""Run noroshi-storer in a test: start, ask, end or kill it.

The program is NOROSHI_STORER; a test is skipped loudly where it was not built.
"""
import atexit
import http.client
import os
import signal
import socket
import struct
import subprocess
import time
import urllib.parse

from noroshi_test import skip

PROGRAM = os.environ.get("NOROSHI_STORER", "")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Refused(Exception):
    """An answer that is not 200: .status, .code (ClickHouse's number, 0: none), text."""

    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code = status, code


class Storer:
    def __init__(self, data, path, *more):
        if not PROGRAM or not os.path.exists(PROGRAM):
            skip(f"noroshi-storer is not built ({PROGRAM or 'NOROSHI_STORER is not set'})")
        self.data, self.path = str(data), str(path)
        self.process = subprocess.Popen(
            [PROGRAM, "--data", self.data, "--socket", self.path, "--memory", "1G", *more],
            stderr=subprocess.PIPE)
        atexit.register(self.process.kill)  # a failed check leaves nothing running

    def wait_ready(self):
        """The socket is there before the engine: a ping waits for it."""
        while self.process.poll() is None:
            try:
                assert self.request("GET", "/ping") == b"Ok.\n"
                return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"the storer ended: {self.process.stderr.read().decode()}")

    def request(self, method, target, body=None, headers=None):
        connection = UnixConnection(self.path)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                code = int(answer.headers.get("X-ClickHouse-Exception-Code", "0"))
                raise Refused(answer.status, code, text.decode(errors="replace"))
            return text
        finally:
            connection.close()

    def ask(self, sql, data=None, **settings):
        """The answer as text; `data` are an INSERT's rows."""
        if data is not None:
            settings = {"query": sql, **settings}
        target = "/?" + urllib.parse.urlencode(settings)
        return self.request("POST", target, sql if data is None else data).decode()

    def number(self, sql):
        return int(self.ask(sql))

    def end(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.process.kill()
        return self.wait()

    def wait(self):
        status = self.process.wait(timeout=120)
        self.log = self.process.stderr.read().decode()
        self.process.stderr.close()
        return status


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def native(columns):
    """A Native block of (name, type, values); UInt8 to UInt64 and String. Written from the
    format's description, apart from the program's own encoder."""
    rows = len(columns[0][2])
    out = varint(len(columns)) + varint(rows)
    for name, kind, values in columns:
        out += varint(len(name)) + name.encode() + varint(len(kind)) + kind.encode()
        if kind == "String":
            out += b"".join(varint(len(v)) + v for v in values)
        else:
            letter = {"UInt8": "B", "UInt16": "H", "UInt32": "I", "UInt64": "Q"}[kind]
            out += struct.pack(f"<{rows}{letter}", *values)
    return out
