# SPDX-License-Identifier: Apache-2.0
"""Frames of the batch format (src/ship/batch.h) for tests that play a sensor themselves."""
import http.client
import json
import os
import ssl
import struct

from noroshi_test import run

HEADER = 128
TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Frame:
    """One frame; its header's fields can be set, its checksum follows."""

    FIELDS = {"flags": (6, "<H"), "body_bytes": (8, "<I"), "rows": (12, "<I"), "boot": (24, "<Q"),
              "sequence": (32, "<Q"), "start": (40, "<I"), "span": (44, "<I"),
              "sensor": (48, "<I"), "packets": (56, "<Q"), "window_rows": (88, "<Q")}

    def __init__(self, data):
        self.data = bytearray(data)

    def get(self, field):
        at, form = self.FIELDS[field]
        return struct.unpack_from(form, self.data, at)[0]

    def set(self, **fields):
        for field, value in fields.items():
            at, form = self.FIELDS[field]
            struct.pack_into(form, self.data, at, value)
        struct.pack_into("<I", self.data, 124, crc32c(self.data[:124]))
        return self

    def copy(self, **fields):
        return Frame(self.data).set(**fields)


def frames_of(capture, *options):
    """The frames that `noroshi analyze --flows` makes of a capture."""
    path = capture + ".batch"
    run("analyze", *options, "--flows", path, "--json", capture)
    with open(path, "rb") as f:
        data = f.read()
    found, at = [], 16
    while at < len(data):
        size = HEADER + struct.unpack_from("<I", data, at + 8)[0]
        found.append(Frame(data[at:at + size]))
        at += size
    return found


class Line:
    """A sensor's connection to its hub, with the files that `sensor join` made."""

    def __init__(self, folder, host, port):
        self.context = ssl.create_default_context(cafile=os.path.join(folder, "authority.pem"))
        self.context.load_cert_chain(os.path.join(folder, "sensor.pem"),
                                     os.path.join(folder, "sensor.key"))
        self.host, self.port = host, port
        self.connection = None

    def send(self, frame, path="/v1/sensor/batch"):
        """(status, answer); (0, None) where the line broke."""
        data = bytes(frame.data) if isinstance(frame, Frame) else frame
        try:
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=30,
                                                              context=self.context)
            self.connection.request("POST", path, data,
                                    {"Content-Type": "application/x-noroshi-batch"})
            answer = self.connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body else None
        except (OSError, http.client.HTTPException, ValueError):
            if self.connection:
                self.connection.close()
            self.connection = None
            return 0, None
