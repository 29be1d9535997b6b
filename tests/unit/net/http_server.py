# SPDX-License-Identifier: Apache-2.0
"""What http_client_test asks: HTTP on a port and a Unix socket, HTTPS, and HTTPS that wants a
client's certificate. http_server.py FOLDER makes keys there, prints the three ports, and ends
when its standard input does.

In FOLDER afterwards: ca.pem, other.pem (a CA that signed nothing here), client.pem, client.key,
ca.pin (SHA-256 of ca.pem's public key), other.pin, sock.
"""
import hashlib
import http.server
import os
import socketserver
import ssl
import subprocess
import sys
import threading

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, check=True, capture_output=True).stdout


def make_authority(folder, name):
    key, cert = (os.path.join(folder, name + end) for end in (".key", ".pem"))
    openssl("req", "-x509", *NEW_KEY, "-keyout", key, "-out", cert, "-days", "2",
            "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign")
    public = openssl("x509", "-in", cert, "-pubkey", "-noout")
    der = openssl("pkey", "-pubin", "-outform", "DER", stdin=public)
    with open(os.path.join(folder, f"{name}.pin"), "wb") as out:
        out.write(hashlib.sha256(der).digest())


def make_leaf(folder, name, extension):
    key, request, cert, more = (os.path.join(folder, name + end)
                                for end in (".key", ".csr", ".pem", ".ext"))
    openssl("req", *NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    with open(more, "w", encoding="ascii") as out:
        out.write(extension)
    ca = os.path.join(folder, "ca")
    openssl("x509", "-req", "-in", request, "-CA", ca + ".pem", "-CAkey", ca + ".key",
            "-CAcreateserial", "-days", "2", "-extfile", more, "-out", cert)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_raw(self, text):
        self.wfile.write(text)
        self.wfile.flush()
        self.close_connection = True

    def read_chunks(self):
        body = b""
        while True:
            n = int(self.rfile.readline(), 16)
            body += self.rfile.read(n)
            self.rfile.readline()
            if n == 0:
                return body

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body, form = self.read_chunks(), "chunked"
        else:
            body, form = self.rfile.read(int(self.headers["Content-Length"])), "plain"
        self.answer(200, body, {"X-Form": form, "X-Given": self.headers.get("X-Give", "none")})

    def do_DELETE(self):
        self.answer(200, b"deleted")

    def do_GET(self):
        if self.path == "/hello":
            port = self.client_address[1] if self.client_address else "unix"
            self.answer(200, b"hello", {"X-Test": "one", "X-Agent": self.headers["User-Agent"],
                                        "X-Port": str(port)})
        elif self.path == "/big":
            self.answer(200, b"b" * 3_000_000)
        elif self.path == "/redirect":
            self.answer(302, b"there", {"Location": "/hello"})
        elif self.path == "/fail":
            self.answer(500, b"f" * 2_000_000)
        elif self.path == "/headers":
            self.answer(200, b"", {f"X-{i}": "h" * 8000 for i in range(12)})
        elif self.path == "/cut":
            self.answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly ten b")
        elif self.path == "/garbage":
            self.answer_raw(b"\x16\x03\x01 not HTTP at all\r\n\r\n")
        elif self.path == "/endless":
            self.answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
            self.rfile.read(1)  # until the client goes away
        elif self.path == "/who":
            subject = self.connection.getpeercert()["subject"]
            self.answer(200, dict(pair[0] for pair in subject)["commonName"].encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # refused handshakes and cut connections are what is tested


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


def serve_tcp(context=None):
    server = Server(("127.0.0.1", 0), Handler)
    if context:  # the handshake on the connection's own thread
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    serve(server)
    return server.server_address[1]


def make_contexts(folder):
    chain = os.path.join(folder, "chain.pem")
    with open(chain, "wb") as out:
        for name in ("server.pem", "ca.pem"):
            with open(os.path.join(folder, name), "rb") as part:
                out.write(part.read())
    for wants_client in (False, True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, os.path.join(folder, "server.key"))
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(os.path.join(folder, "ca.pem"))
        yield context


def main():
    folder = sys.argv[1]
    make_authority(folder, "ca")
    make_authority(folder, "other")
    make_leaf(folder, "server", "subjectAltName=IP:127.0.0.1\n")
    make_leaf(folder, "client", "extendedKeyUsage=clientAuth\n")
    serve(UnixServer(os.path.join(folder, "sock"), Handler))
    print(serve_tcp(), *(serve_tcp(context) for context in make_contexts(folder)), flush=True)
    sys.stdin.read()


main()
