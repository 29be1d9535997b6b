# SPDX-License-Identifier: Apache-2.0
"""A whole observatory on this machine: a hub with its store, and sensors that replay captures.

Each part is a process of its own; `Space` puts them into network namespaces where this process may
make them. Ends only what it started.
"""
import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse

from noroshi_test import PROGRAM, run

STORER = os.environ.get("NOROSHI_STORER", "")
STORER = STORER if os.path.exists(STORER) else ""
WAIT_S = 120


class Space:
    """One namespace for the hub and one for each sensor, joined by a link of their own."""

    def __init__(self, sensors):
        self.tag = f"n{os.getpid() % 100000}"
        self.hub = f"{self.tag}h"
        self.sensors = [f"{self.tag}s{i}" for i in range(sensors)]
        self.made = []

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        for name in [self.hub, *self.sensors]:
            self._ip("netns", "add", name)
            self.made.append(name)
            self._ip("-n", name, "link", "set", "lo", "up")
        for i, name in enumerate(self.sensors):
            self._ip("link", "add", "line", "netns", name, "type", "veth", "peer", "name", f"to{i}",
                     "netns", self.hub)
            for at, link, host in ((name, "line", 2), (self.hub, f"to{i}", 1)):
                self._ip("-n", at, "addr", "add", f"10.77.{i}.{host}/24", "dev", link)
                self._ip("-n", at, "link", "set", link, "up")

    def __exit__(self, *_):
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    @staticmethod
    def _ip(*args):
        subprocess.run(["ip", *args], check=True, capture_output=True)

    @staticmethod
    def available():
        probe = f"n{os.getpid() % 100000}p"
        if os.geteuid() != 0 or subprocess.run(["ip", "netns", "add", probe],
                                               capture_output=True, check=False).returncode:
            return False
        subprocess.run(["ip", "netns", "del", probe], check=False)
        return True

    def inside(self, name):
        return ["ip", "netns", "exec", name]

    def hub_addresses(self):
        return [f"10.77.{i}.1" for i in range(len(self.sensors))]


class Process:
    """A noroshi command that runs on; its log is in a file."""

    def __init__(self, log, args, prefix=()):
        self.log = log
        self.args = [*prefix, PROGRAM, *map(str, args)]
        self.child = None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.args, stdout=out, stderr=out,
                                          stdin=subprocess.DEVNULL)
        return self

    def text(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for(self, pattern, count=1):
        """The last match of the pattern, once the log has `count` of them."""
        for _ in range(WAIT_S * 10):
            found = re.findall(pattern, self.text())
            if len(found) >= count:
                return found[-1]
            if self.child.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"{' '.join(self.args)}: no '{pattern}' in\n{self.text()[-4000:]}")

    def wait(self):
        status = self.child.wait(timeout=WAIT_S * 2)
        self.check()
        return status

    def end(self, number=signal.SIGTERM):
        if self.child and self.child.poll() is None:
            self.child.send_signal(number)
            self.child.wait(timeout=WAIT_S)
        self.check()

    def check(self):
        """A sanitizer's words must not go by in a log."""
        found = re.search(r".*(?:Sanitizer|runtime error).*(?:\n.*){0,40}", self.text())
        assert not found, found.group()


class Hub:
    """noroshi hub in a folder; every process that it starts dies with it."""

    def __init__(self, folder, listen="127.0.0.1:0", names=("127.0.0.1",), prefix=(), config=""):
        self.folder = os.path.join(folder, "hub")
        self.prefix = list(prefix)
        names = [part for name in names for part in ("--name", name)]
        made = json.loads(run("hub", "init", "--json", *names, "--listen", listen,
                              self.folder).stdout)
        self.token = made["token"]
        self.config = os.path.join(self.folder, "hub.conf")
        if STORER:
            config += f"\n[store]\nprogram = {STORER}\n" if "[store]" not in config else ""
        self._configure(config)
        self.process = Process(os.path.join(folder, "hub.log"),
                               ["hub", "--config", self.config], self.prefix)
        self.port = 0

    def _configure(self, more):
        """Put keys into the sections of the sample."""
        with open(self.config, encoding="utf-8") as f:
            text = f.read()
        for section in filter(None, re.split(r"^\s*(?=\[)", more, flags=re.M)):
            if not section.strip():
                continue
            name, _, keys = section.partition("]")
            text = text.replace(f"{name.strip()}]\n", f"{name.strip()}]\n{keys.strip()}\n", 1)
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(text)

    @classmethod
    def restored(cls, folder, name, other, *options):
        """A hub in folder/name from a backup of `other`, with its tokens."""
        hub = cls.__new__(cls)
        hub.folder = os.path.join(folder, name)
        run("hub", "restore", *options, hub.folder)
        hub.prefix, hub.token, hub.port = other.prefix, other.token, 0
        hub.config = os.path.join(hub.folder, "hub.conf")
        hub.process = Process(os.path.join(folder, name + ".log"), ["hub", "--config", hub.config],
                              hub.prefix)
        return hub

    def start(self):
        ready, opened = r"hub-ready port=(\d+)", r"store-opened"
        before = [len(re.findall(p, self.process.text())) for p in (ready, opened)]
        self.process.start()
        self.port = int(self.process.wait_for(ready, before[0] + 1))
        self.process.wait_for(opened, before[1] + 1)
        return self

    def fix_port(self):
        """Listen where we listen now from the next start on, since sensors know it."""
        with open(self.config, encoding="utf-8") as f:
            text = re.sub(r"^(listen = .*):0$", rf"\1:{self.port}", f.read(), flags=re.M)
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(text)

    def stop(self, number=signal.SIGTERM):
        self.process.end(number)

    def admin(self, *args):
        return run("hub", *args, "--dir", self.folder).stdout.decode()

    def invite(self, sensor, member):
        """The token; the URL is the caller's, who knows by which address the hub is seen."""
        return re.search(r"nrs1\.\S+", self.admin("invite", "--sensor", sensor, "--member",
                                                  member)).group()

    def ask(self, path, token=None, host="127.0.0.1", status=200):
        """GET by curl, from where the hub is; the JSON of the answer."""
        done = subprocess.run(
            [*self.prefix, "curl", "-sS", "--cacert", os.path.join(self.folder, "authority.pem"),
             "-H", f"Authorization: Bearer {token or self.token}", "-w", "\n%{http_code}",
             f"https://{host}:{self.port}{path}"], capture_output=True, check=True, timeout=120)
        body, _, code = done.stdout.decode().rpartition("\n")
        assert int(code) == status, f"{path}: {code}\n{body}"
        return json.loads(body) if body.strip() else None

    def query(self, text, **more):
        return self.ask("/api/v1/query?q=" + urllib.parse.quote(text), **more)

    def drained(self, **more):
        """Wait until the store has all that was acknowledged."""
        for _ in range(WAIT_S * 5):
            if self.ask("/api/v1/status", **more)["intake"]["journal_bytes"] == 0:
                return
            time.sleep(0.2)
        raise AssertionError("the journal does not empty")


class Sensor:
    """noroshi sensor in a folder, joined to a hub, with a capture to replay."""

    def __init__(self, folder, name, hub, url, member, nets, prefix=()):
        self.name = name
        self.folder = os.path.join(folder, name)
        self.prefix = list(prefix)
        done = subprocess.run(
            [*self.prefix, PROGRAM, "sensor", "join", url, hub.invite(name, member), "--dir",
             self.folder, "--interface", "lo",
             *[part for net in nets for part in ("--net", net)]],
            capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        self.process = None

    def replay(self, capture, speed, *more):
        self.process = Process(self.folder + ".log",
                               ["sensor", "--config", os.path.join(self.folder, "sensor.conf"),
                                "--replay", capture, "--speed", speed, *more], self.prefix)
        return self.process.start()


def synth(folder, name, text):
    """(capture, truth) of a scenario's text."""
    scenario = os.path.join(folder, name + ".scenario")
    capture, truth = os.path.join(folder, name + ".pcap"), os.path.join(folder, name + ".json")
    with open(scenario, "w", encoding="utf-8") as f:
        f.write(text)
    run("synth", scenario, "-o", capture, "--truth", truth)
    with open(truth, encoding="utf-8") as f:
        return capture, json.load(f)


@contextlib.contextmanager
def temporary():
    """A folder that the users whom root becomes can reach."""
    with tempfile.TemporaryDirectory(prefix="noroshi-test-") as folder:
        os.chmod(folder, 0o755)
        yield folder
