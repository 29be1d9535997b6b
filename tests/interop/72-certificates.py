# SPDX-License-Identifier: Apache-2.0
"""The openssl program makes a key and a greedy request, and reads the certificate that we issue
for it: signed by our authority, for a client, with our name and address and none of the asked."""
import os
import shutil
import subprocess

from noroshi_test import folder, skip

ISSUER = os.path.join(os.environ.get("NOROSHI_BUILD", "build"), "tests", "unit_base_pki_test")


def openssl(place, *args, status=0):
    done = subprocess.run(["openssl", *args], cwd=place, capture_output=True, text=True, timeout=60)
    assert status is None or done.returncode == status, (args, done.stdout, done.stderr)
    return done.stdout + done.stderr


def issue(place):
    return subprocess.run([ISSUER, "issue", place], capture_output=True, text=True, timeout=60)


def main():
    if not shutil.which("openssl"):
        skip("openssl is not installed")
    with folder() as place:
        openssl(place, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem")
        openssl(place, "req", "-new", "-key", "key.pem", "-subj", "/O=Evil/CN=administrator",
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=keyCertSign",
                "-addext", "subjectAltName=URI:urn:noroshi:sensor:1,DNS:hub.example.net",
                "-out", "request.pem")
        done = issue(place)
        assert done.returncode == 0, done.stderr
        with open(os.path.join(place, "sensor.pem"), "w", encoding="ascii") as out:
            out.write(done.stdout)
        openssl(place, "verify", "-x509_strict", "-CAfile", "authority.pem", "-purpose", "sslclient",
                "sensor.pem")
        openssl(place, "verify", "-CAfile", "authority.pem", "-purpose", "sslserver", "sensor.pem",
                status=2)
        text = openssl(place, "x509", "-in", "sensor.pem", "-noout", "-text")
        for wanted in ("CN = seven", "URI:urn:noroshi:sensor:7", "CA:FALSE", "Digital Signature",
                       "TLS Web Client Authentication", "ecdsa-with-SHA256"):
            assert wanted in text, (wanted, text)
        for forbidden in ("CA:TRUE", "administrator", "Evil", "sensor:1\n", "hub.example.net",
                          "Certificate Sign"):
            assert forbidden not in text, (forbidden, text)
        theirs = openssl(place, "pkey", "-in", "key.pem", "-pubout")
        assert theirs == openssl(place, "x509", "-in", "sensor.pem", "-noout", "-pubkey")
        text = openssl(place, "x509", "-in", "authority.pem", "-noout", "-text")
        for wanted in ("CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"):
            assert wanted in text, (wanted, text)
        # A key of another kind is refused.
        openssl(place, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.pem",
                "-subj", "/CN=x", "-out", "request.pem")
        done = issue(place)
        assert done.returncode == 1 and "P-256" in done.stderr, done


main()
