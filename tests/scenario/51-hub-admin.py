# SPDX-License-Identifier: Apache-2.0
"""A hub's directory is made and administered from the command line: what is secret stays so,
what is refused leaves nothing behind, several at once do not lose each other's work."""
import base64
import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess

from noroshi_test import PROGRAM, folder, run


def hub(place, *args, **more):
    return run("hub", *args, "--dir", os.path.join(place, "hub"), **more).stdout.decode()


def asked(place, *args):
    return json.loads(hub(place, *args, "--json"))


def refused(place, *args, status=1, why):
    done = run("hub", *args, "--dir", os.path.join(place, "hub"), status=status)
    assert why in done.stderr.decode(), (args, done.stderr)
    assert done.stdout == b"", (args, done.stdout)


def modes(top):
    for base, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(base, name)
            yield path, stat.S_IMODE(os.stat(path).st_mode)


def check_init(place):
    top = os.path.join(place, "hub")
    old = os.umask(0)
    made = json.loads(run("hub", "init", "--json", "--name", "hub.example.net", "--name",
                          "192.0.2.7", "--listen", "127.0.0.1:18443", top).stdout)
    os.umask(old)
    assert made["url"] == "https://hub.example.net:18443", made
    assert made["token"].startswith("nrt1.") and len(made["token"]) == 48
    assert stat.S_IMODE(os.stat(top).st_mode) == 0o700
    for path, mode in modes(top):
        assert mode & 0o077 == 0, (path, oct(mode))
    for name in ("authority.key", "authority.pem", "hub.key", "hub.pem", "hub.conf", "control.db"):
        assert os.path.isfile(os.path.join(top, name)), name
    with open(os.path.join(top, "hub.conf"), encoding="utf-8") as f:
        assert "\nlisten = 127.0.0.1:18443\n" in f.read()
    # Never over something.
    again = run("hub", "init", top, status=1)
    assert b"not empty" in again.stderr
    return made


def check_failed_init(place):
    """Half a hub is worse than none."""
    bad = os.path.join(place, "bad")
    done = run("hub", "init", "--name", "not a name", bad, status=2)
    assert b"neither a DNS name nor" in done.stderr, done.stderr
    assert not os.path.exists(bad)
    os.mkdir(bad)
    for limit in (100, 1000, 20_000, 60_000):
        done = run("hub", "init", "--name", "a.example", bad, status=1, preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
        assert b"nrt1." not in done.stdout + done.stderr
        assert os.listdir(bad) == [], (limit, os.listdir(bad), done.stderr)
    done = run("hub", "init", os.path.join(place, "no", "such"), status=1)
    assert b"cannot make it" in done.stderr
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            lost = subprocess.run([PROGRAM, "hub", "init", "--name", "a.example", bad], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
        assert lost.returncode == 1 and b"standard output" in lost.stderr, lost


def check_members(place):
    hub(place, "member", "add", "jpcert", "--title", "JPCERT/CC \x1b[31mred\u202e")
    hub(place, "member", "add", "krcert")
    refused(place, "member", "add", "jpcert", why="there is a member 'jpcert' already")
    refused(place, "member", "add", "JP", why="'JP' is no name")
    refused(place, "member", "add", status=2, why="needs a name")
    refused(place, "member", "add", "a", "b", status=2, why="one too many")
    refused(place, "member", "remove", "nobody", why="no member 'nobody'")
    text = hub(place, "member", "list")
    assert "jpcert" in text and "\x1b" not in text and "\u202e" not in text, text
    names = [m["name"] for m in asked(place, "member", "list")]
    assert names == ["jpcert", "krcert"]
    hub(place, "member", "remove", "krcert")
    assert "krcert" not in hub(place, "member", "list")


def check_profile(place):
    assert asked(place, "profile", "jpcert") == {
        "member": "jpcert", "shared": True, "min_sensors": 5, "min_sources": 5}
    hub(place, "profile", "jpcert", "--share", "no", "--min-sources", 20)
    hub(place, "profile", "--min-sensors", 7)
    mine, default = asked(place, "profile", "jpcert"), asked(place, "profile")
    assert (mine["shared"], mine["min_sources"], mine["min_sensors"]) == (False, 20, 5), mine
    assert (default["member"], default["min_sensors"]) == (None, 7), default
    hub(place, "profile", "jpcert", "--reset")
    assert asked(place, "profile", "jpcert")["min_sensors"] == 7
    hub(place, "profile", "--reset")
    refused(place, "profile", "jpcert", "--share", "maybe", status=2, why="not yes or no")
    refused(place, "profile", "--min-sensors", 0, status=2, why="--min-sensors")


def fingerprint(place, certificate):
    """SHA-256 of the public key, as openssl sees it."""
    top = os.path.join(place, "hub")
    pem = subprocess.run(["openssl", "x509", "-in", os.path.join(top, certificate), "-noout",
                          "-pubkey"], check=True, capture_output=True, timeout=60).stdout
    body = b"".join(pem.split(b"\n")[1:-2])
    return hashlib.sha256(base64.b64decode(body)).digest()


def check_invite(place, made):
    line = hub(place, "invite", "--sensor", "tokyo", "--member", "jpcert")
    words = line.split()
    assert line.count("\n") == 1 and words[:4] == [
        "noroshi", "sensor", "join", "https://hub.example.net:18443"], line
    first, secret, print_ = words[4].split(".")
    assert first == "nrs1" and len(words) == 5
    if shutil.which("openssl"):
        told = base64.urlsafe_b64decode(print_ + "=")
        assert told == fingerprint(place, "authority.pem"), words[4]
        assert told.hex() == made["fingerprint"]
    refused(place, "invite", "--sensor", "tokyo", status=2, why="--member")
    refused(place, "invite", "--sensor", "To Kyo", "--member", "jpcert", why="is no name")
    refused(place, "invite", "--sensor", "tokyo", "--member", "krcert", why="no member 'krcert'")
    refused(place, "invite", "--sensor", "t", "--member", "jpcert", "--replace", why="no sensor 't'")
    refused(place, "invite", "--sensor", "t", "--member", "jpcert", "--expires", "never", status=2,
            why="--expires")
    other = asked(place, "invite", "--sensor", "osaka", "--member", "jpcert", "--url",
                  "https://10.0.0.1:1", "--expires", "90m")
    assert other["url"] == "https://10.0.0.1:1"
    return base64.urlsafe_b64decode(secret + "="), base64.urlsafe_b64decode(
        other["token"].split(".")[1] + "=")


def database(place):
    return contextlib.closing(sqlite3.connect(os.path.join(place, "hub", "control.db"),
                                              isolation_level=None))


def check_sensors(place):
    """A sensor that joined; another program writes the rows while ours reads them."""
    with database(place) as db:
        db.execute("INSERT INTO sensors (name, member, created) VALUES ('tokyo', 1, 1750000000)")
        db.execute("INSERT INTO certificates (serial, sensor, issued, not_after)"
                   " VALUES ('ab12', 1, 1750000000, 1757776000)")
        db.execute("INSERT INTO health VALUES (1, 1750000060, 1750000000, 256.0, 'lossy', ?)",
                   ("1.0\x1b]0;pwned\x07",))
        listed = asked(place, "sensors")
        assert len(listed) == 1 and listed[0]["name"] == "tokyo", listed
        assert listed[0]["certificate_end"] == "2025-09-13T15:06:40Z", listed
        assert listed[0]["last_contact"] == "2025-06-15T15:07:40Z", listed
        text = hub(place, "sensors", "--member", "jpcert")
        assert "lossy" in text and "\x1b" not in text and "\x07" not in text, repr(text)
        refused(place, "invite", "--sensor", "tokyo", "--member", "jpcert",
                why="there is an active sensor 'tokyo' already")
        hub(place, "invite", "--sensor", "tokyo", "--member", "jpcert", "--replace")
        refused(place, "member", "remove", "jpcert", why="1 active sensors")
        refused(place, "revoke", "kyoto", why="no sensor 'kyoto'")
        refused(place, "revoke", "99", why="no sensor 99")
        hub(place, "revoke", "1")
        refused(place, "revoke", "tokyo", why="is revoked already")
        assert db.execute("SELECT state FROM sensors").fetchall() == [(1,)]
        assert db.execute("SELECT revoked > 0 FROM certificates").fetchall() == [(1,)]
    assert asked(place, "sensors")[0]["state"] == "revoked"


def check_tokens(place, first):
    token = hub(place, "token", "add", "--role", "analyst", "--expires", "7d", "desk").strip()
    assert token.startswith("nrt1.") and token != first
    hub(place, "token", "add", "--role", "member", "--member", "jpcert", "jp")
    refused(place, "token", "add", "--role", "member", "jp2", status=2, why="needs --member")
    refused(place, "token", "add", "--role", "root", "x", status=2, why="--role is one of")
    refused(place, "token", "add", "--role", "sensor", "x", status=2, why="--role is one of")
    refused(place, "token", "add", "--role", "reader", "desk", why="a token 'desk' already")
    hub(place, "token", "revoke", "desk")
    refused(place, "token", "revoke", "desk", why="no token 'desk' in force")
    states = {t["name"]: (t["role"], t["member"], t["state"]) for t in asked(place, "token", "list")}
    assert states == {"first": ("administrator", None, "in force"),
                      "desk": ("analyst", None, "revoked"),
                      "jp": ("member", "jpcert", "in force")}, states
    return base64.urlsafe_b64decode(token.split(".")[1] + "=")


def check_secrets(place, secrets):
    """No file of the hub has a secret that it gave away; their hashes are there."""
    kept = b""
    for path, _ in modes(os.path.join(place, "hub")):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                kept += f.read()
    for secret in secrets:
        assert len(secret) == 32
        text = base64.urlsafe_b64encode(secret).rstrip(b"=")
        assert secret not in kept and text not in kept
        assert hashlib.sha256(secret).digest() in kept
    for words in (hub(place, "audit"), hub(place, "token", "list"), hub(place, "sensors")):
        assert "nrt1." not in words and "nrs1." not in words


def check_at_once(place, count=12):
    """Many commands at the same time: all succeed, and each left its line in the log."""
    before = len(asked(place, "audit", "--limit", "100000"))
    children = [subprocess.Popen([PROGRAM, "hub", "token", "add", "--role", "reader", f"many-{i}",
                                  "--dir", os.path.join(place, "hub")], stdout=subprocess.PIPE)
                for i in range(count)]
    tokens = {child.communicate(timeout=120)[0] for child in children}
    assert [child.returncode for child in children] == [0] * count
    assert len(tokens) == count
    after = asked(place, "audit", "--limit", "100000")
    assert len(after) == before + count
    assert [line["id"] for line in after] == list(range(len(after), 0, -1))
    page = asked(place, "audit", "--limit", "3", "--before", str(after[4]["id"]))
    assert [line["id"] for line in page] == [line["id"] for line in after[5:8]]
    assert all(line["who"].startswith("cli") for line in after)


def check_certificate(place):
    top = os.path.join(place, "hub")
    with open(os.path.join(top, "hub.pem"), encoding="ascii") as f:
        before = f.read()
    refused(place, "certificate", "--name", "a,b", status=2, why="neither a DNS name")
    hub(place, "certificate")
    with open(os.path.join(top, "hub.pem"), encoding="ascii") as f:
        after = f.read()
    assert after != before and after.count("BEGIN CERTIFICATE") == 2
    hub(place, "certificate", "--name", "2001:db8::7", "--name", "other.example")
    line = hub(place, "invite", "--sensor", "seoul", "--member", "jpcert")
    assert " https://[2001:db8::7]:18443 " in line, line
    if not shutil.which("openssl"):
        return
    for host in (["-verify_ip", "2001:db8::7"], ["-verify_hostname", "other.example"]):
        subprocess.run(["openssl", "verify", "-purpose", "sslserver", *host, "-CAfile",
                        "authority.pem", "hub.pem"], cwd=top, check=True, capture_output=True,
                       timeout=60)
    wrong = subprocess.run(["openssl", "verify", "-verify_hostname", "hub.example.net", "-CAfile",
                            "authority.pem", "hub.pem"], cwd=top, capture_output=True, timeout=60,
                           check=False)
    assert wrong.returncode != 0


def check_damaged(place):
    refused(os.path.join(place, "nowhere"), "sensors", why="no hub here")
    path = os.path.join(place, "hub", "control.db")
    with database(place) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.execute("PRAGMA user_version = 99")
    refused(place, "sensors", why="newer than this program")
    with open(path, "r+b") as f:
        f.write(b"\x5a" * 4096)
    refused(place, "sensors", why="not a database")


def check_owner(place):
    """Root administers a hub that another account runs: all that is made is that account's."""
    if os.geteuid() != 0:
        return
    top = os.path.join(place, "theirs")
    os.chmod(place, 0o755)
    os.mkdir(top, 0o750)
    os.chown(top, 4711, 4712)
    for words in (["init", "--name", "a.example", top], ["member", "add", "m", "--dir", top],
                  ["certificate", "--dir", top]):
        run("hub", *words)
    owners = {(os.stat(path).st_uid, os.stat(path).st_gid) for path, _ in modes(top)}
    assert owners == {(4711, 4712)}, owners
    assert "cli:root" in run("hub", "audit", "--dir", top).stdout.decode()


def check_usage():
    assert b"revoke" in run("hub", "--help").stdout
    assert b"usage: noroshi hub token" in run("hub", "token", status=2).stderr
    assert b"not a command of 'hub'" in run("hub", "frobnicate", status=2).stderr
    for words in (["init"], ["member", "add"], ["member", "list"], ["member", "remove"], ["invite"],
                  ["sensors"], ["revoke"], ["profile"], ["token", "add"], ["token", "list"],
                  ["token", "revoke"], ["audit"], ["certificate"]):
        assert b"usage: noroshi hub " + " ".join(words).encode() in run("hub", *words,
                                                                         "--help").stdout


def main():
    with folder() as place:
        check_usage()
        made = check_init(place)
        check_failed_init(place)
        check_members(place)
        check_profile(place)
        invited = check_invite(place, made)
        check_sensors(place)
        token = check_tokens(place, made["token"])
        first = base64.urlsafe_b64decode(made["token"].split(".")[1] + "=")
        check_secrets(place, [*invited, token, first])
        check_at_once(place)
        check_certificate(place)
        check_damaged(place)
        check_owner(place)


main()
