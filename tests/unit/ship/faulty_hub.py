# SPDX-License-Identifier: Apache-2.0
"""A hub that fails as it is told: for the tests of the sender and of joining.

    faulty_hub.py FOLDER [PLAN]...

FOLDER holds hub.pem, hub.key, authority.pem, and what renew and enrol answer: renewed.pem,
enrol.json; where authority.key is there too, a request is signed as sensor 7, north. Frames are
kept in FOLDER/taken if there is one. Each PLAN word is for one request for a batch, then all are taken:
  ok        take and acknowledge          lost      take, then hang up without an answer
  NNN[:S]   answer this status, with S as Retry-After    reset    hang up before reading
  half      never answer                  other     acknowledge another frame
  slow      say so, read the body a little at a time, then take
A frame that was taken before is answered as a repeat. `clock:S` sets its Date ahead by S seconds
for all that follow. Prints the port, then a line a request: WHAT boot sequence flags sha256.
"""
import email.utils
import hashlib
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

FOLDER, PLAN = sys.argv[1], sys.argv[2:]
LOCK = threading.Lock()
TAKEN = {}
CLOCK = 0


def say(*words):
    print(*words, flush=True)


def next_step():
    global CLOCK
    with LOCK:
        while PLAN and PLAN[0].startswith("clock:"):
            CLOCK = int(PLAN.pop(0)[6:])
        return PLAN.pop(0) if PLAN else "ok"


def certify(request):
    """What a hub answers to an invitation, by openssl(1)."""
    with tempfile.TemporaryDirectory() as work:
        for name, text in (("csr", request), ("more", "subjectAltName=URI:urn:noroshi:sensor:7\n"
                                              "extendedKeyUsage=clientAuth\n"
                                              "basicConstraints=critical,CA:FALSE\n"
                                              "keyUsage=critical,digitalSignature\n")):
            with open(f"{work}/{name}", "w", encoding="utf-8") as f:
                f.write(text)
        subprocess.run(["openssl", "req", "-in", f"{work}/csr", "-pubkey", "-noout", "-out",
                        f"{work}/public"], check=True)
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{work}/other", "-subj",
                        "/CN=north", "-out", f"{work}/form"], check=True, capture_output=True)
        signed = subprocess.run(
            ["openssl", "x509", "-req", "-in", f"{work}/form", "-force_pubkey", f"{work}/public",
             "-CA", f"{FOLDER}/authority.pem", "-CAkey", f"{FOLDER}/authority.key", "-days", "90",
             "-extfile", f"{work}/more", "-set_serial", "0x" + os.urandom(15).hex()],
            check=True, capture_output=True, text=True).stdout
    with open(f"{FOLDER}/authority.pem", encoding="utf-8") as f:
        return {"sensor": 7, "name": "north", "member": "alpha", "certificate": signed,
                "authority": f.read(), "time": "2026-01-01T00:00:00Z"}


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + CLOCK, usegmt=True)

    def log_message(self, *_):
        pass

    def hang_up(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def answer(self, status, value, retry=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry:
            self.send_header("Retry-After", retry)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, step):
        status, _, retry = step.partition(":")
        self.answer(int(status), {"error": {"status": int(status), "title": "No",
                                            "detail": f"told to say {status}"}}, retry)

    def batch(self, step):
        if step == "reset":
            say("reset")
            return self.hang_up()
        n = int(self.headers["Content-Length"])
        if step == "slow":
            say("slow")
            frame = b""
            while len(frame) < n:
                frame += self.rfile.read(min(500, n - len(frame)))
                time.sleep(0.05)
        else:
            frame = self.rfile.read(n)
        flags, = struct.unpack_from("<H", frame, 6)
        boot, sequence = struct.unpack_from("<QQ", frame, 24)
        words = (boot, sequence, flags, hashlib.sha256(frame).hexdigest())
        if step[0].isdigit():
            say(step, *words)
            return self.refuse(step)
        if step == "half":
            say("half", *words)
            time.sleep(60)
            return self.hang_up()
        if step == "other":
            say("other", *words)
            return self.answer(200, {"acknowledged": {"boot": f"{boot:016x}", "sequence": 0},
                                     "repeat": False})
        repeat = sequence > 0 and (boot, sequence) in TAKEN
        if repeat and TAKEN[boot, sequence] != words:
            say("CHANGED", *words)
        TAKEN[boot, sequence] = words
        if os.path.isdir(f"{FOLDER}/taken") and not flags & 4:
            with open(f"{FOLDER}/taken/{boot:016x}-{sequence:08}", "wb") as f:
                f.write(frame)
        say("repeat" if repeat else "lost" if step == "lost" else "ok", *words)
        if step == "lost":
            return self.hang_up()
        self.answer(200, {"acknowledged": {"boot": f"{boot:016x}", "sequence": sequence},
                          "repeat": repeat, "provisional": bool(flags & 4)})

    def do_POST(self):
        certificate = self.connection.getpeercert()
        if self.path == "/v1/sensor/enrol":
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            say("enrol", request["token"], "CERTIFICATE REQUEST" in request["csr"])
            step = next_step()
            if step[0].isdigit():
                return self.refuse(step)
            if os.path.exists(f"{FOLDER}/authority.key"):
                return self.answer(200, certify(request["csr"]))
            with open(f"{FOLDER}/enrol.json", encoding="utf-8") as f:
                return self.answer(200, json.load(f))
        if not certificate:
            say("stranger")
            return self.refuse("401")
        if self.path == "/v1/sensor/renew":
            json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            say("renew", certificate["serialNumber"].lower())
            with open(f"{FOLDER}/renewed.pem", encoding="utf-8") as f:
                return self.answer(200, {"certificate": f.read()})
        return self.batch(next_step())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        try:
            self.RequestHandlerClass(context.wrap_socket(request, server_side=True),
                                     client_address, self)
        except (OSError, ssl.SSLError) as reason:
            say("broken", type(reason).__name__)

    def handle_error(self, request, client_address):
        say("error", sys.exc_info()[1])


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(f"{FOLDER}/hub.pem", f"{FOLDER}/hub.key")
context.load_verify_locations(f"{FOLDER}/authority.pem")
context.verify_mode = ssl.CERT_OPTIONAL
server = Server(("127.0.0.1", 0), Hub)
say(server.server_address[1])
server.serve_forever()
