# SPDX-License-Identifier: Apache-2.0
"""The sensor's capture process on a veth pair between namespaces of the test's own: a made day's
packets are counted to the one, with one thread and with three (pthread); an interface that goes down is an
outage and not a zero; the raw ring holds what came; nothing is ever sent; rights are gone."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from noroshi_test import analyze, folder, run, skip

WATCH = os.path.join(os.environ["NOROSHI_BUILD"], "bench", "bench_watch")
SENDER, SENSOR = (f"noroshi-{end}-{os.getpid()}" for end in ("tx", "rx"))
SCENARIO = """
name = a short while
start = 2026-03-01T03:00:00Z
duration = 10m
telescope = 198.18.0.0/24
seed = 3

[noise]
type = background
sources = 400
hits = 1-30
session = 5m

[survey]
type = zmap
sources = 2
hits = 100
ports = 443
"""
SEND = """
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("veth-tx", 0))
data = sys.stdin.buffer.read()
at = sent = 0
while at < len(data):
    n = int.from_bytes(data[at:at + 2], "big")
    s.send(data[at + 2:at + 2 + n])
    at += 2 + n
    sent += 1
    if sent % 100 == 0:
        time.sleep(0.002)
"""


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, capture_output=True)


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


def set_up():
    for namespace in (SENDER, SENSOR):
        if ip("netns", "add", namespace, check=False).returncode:
            skip("no right to make a network namespace (CAP_NET_ADMIN): the ring is not tested")
    ip("-n", SENDER, "link", "add", "veth-tx", "type", "veth", "peer", "name", "veth-rx")
    ip("-n", SENDER, "link", "set", "veth-rx", "netns", SENSOR)
    for namespace, name in ((SENDER, "veth-tx"), (SENSOR, "veth-rx")):
        subprocess.run(inside(namespace, "sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1"),
                       check=False, capture_output=True)
        ip("-n", namespace, "link", "set", name, "up")


def frames(path):
    """The Ethernet frames of a capture."""
    with open(path, "rb") as f:
        data = f.read()
    link, = struct.unpack_from("<I", data, 20)
    at = 24
    while at < len(data):
        captured, = struct.unpack_from("<I", data, at + 8)
        frame = data[at + 16:at + 16 + captured]
        if link == 101:
            frame = b"\x02" * 12 + (b"\x86\xdd" if frame[0] >> 4 == 6 else b"\x08\x00") + frame
        yield frame
        at += 16 + captured


def send(some):
    data = b"".join(len(f).to_bytes(2, "big") + f for f in some)
    subprocess.run(inside(SENDER, sys.executable, "-c", SEND), input=data, check=True)


class Sensor:
    """A capture process that is told to stop and then says what it saw."""

    def __init__(self, work, *settings, raw=None):
        config = os.path.join(work, "capture.conf")
        with open(config, "w", encoding="utf-8") as f:
            print("[capture]\ninterface = veth-rx\nnet = 198.18.0.0/24\nring = 8M", *settings,
                  sep="\n", file=f)
            if raw:
                print(f"[raw]\ndirectory = {raw}\nsize = 64M", file=f)
        self.child = subprocess.Popen(inside(SENSOR, WATCH, config, "0"), stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        self.said = []
        for line in self.child.stderr:
            self.said.append(line)
            if "watching" in line:
                return
        self.child.wait()
        raise AssertionError(self.said)

    def wait_for(self, text):
        for line in self.child.stderr:
            self.said.append(line)
            if text in line:
                return
        raise AssertionError(self.said)

    def rights(self):
        """The fields of /proc/PID/status that tell what it may."""
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)

    def stop(self):
        time.sleep(0.3)
        os.kill(self.child.pid, signal.SIGTERM)
        out, errors = self.child.communicate(timeout=30)
        assert self.child.returncode == 0, (errors, self.said)
        return json.loads(out)


def sent_by_sensor():
    shown = subprocess.run(["ip", "-n", SENSOR, "-s", "-j", "link", "show", "veth-rx"], check=True,
                           capture_output=True).stdout
    return json.loads(shown)[0]["stats64"]["tx"]["packets"]


def check_counts(work, some, report):
    in_net = sum(report["kinds"].values())
    for threads in (1, 3):
        sensor = Sensor(work, f"threads = {threads}")
        send(some)
        got = sensor.stop()
        assert got["threads"] == threads and got["records"] == len(some), got
        assert got["packets"] == got["row_packets"] == got["live_packets"] == in_net, (got, in_net)
        assert got["dropped"] == 0 and got["outages"] == 0, got
    sensor = Sensor(work, "filter = tcp dst port 443", "live = no")
    send(some)
    got = sensor.stop()
    https = sum(p["packets"] for p in report["ports"] if (p["proto"], p["port"]) == ("tcp", 443))
    assert 200 <= https <= got["packets"] < in_net, (got, https)
    assert got["live_windows"] == 0, got


def check_rights(work):
    sensor = Sensor(work)
    rights = sensor.rights()
    sensor.stop()
    if os.geteuid() == 0:
        assert rights["Uid"].split() == ["65534"] * 4, rights["Uid"]
    assert rights["Groups"].strip() in ("", "65534"), rights["Groups"]
    for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"):
        assert int(rights[kind], 16) == 0, (kind, rights[kind])
    assert rights["NoNewPrivs"] == "1" and rights["Seccomp"] == "2", rights


def check_outage(work, some):
    sensor = Sensor(work)
    send(some[:200])
    ip("-n", SENSOR, "link", "set", "veth-rx", "down")
    sensor.wait_for("capture-outage")
    send(some[200:300])
    time.sleep(1)
    ip("-n", SENSOR, "link", "set", "veth-rx", "up")
    sensor.wait_for("capture-resumed")
    send(some[300:500])
    got = sensor.stop()
    assert got["records"] == 400, got
    assert got["outages"] == 1 and got["outage_ms"] >= 900, got
    # the other end without a carrier is an outage too
    sensor = Sensor(work)
    ip("-n", SENDER, "link", "set", "veth-tx", "down")
    sensor.wait_for("capture-outage")
    ip("-n", SENDER, "link", "set", "veth-tx", "up")
    sensor.wait_for("capture-resumed")
    send(some[:100])
    assert sensor.stop()["records"] == 100


def check_raw(work, some, report):
    raw = os.path.join(work, "raw")
    os.mkdir(raw)
    os.chmod(raw, 0o777)
    os.chmod(work, 0o755)  # so that the user that root becomes gets there
    sensor = Sensor(work, raw=raw)
    send(some)
    got = sensor.stop()
    assert got["raw_packets"] == len(some) and got["raw_lost"] == 0, got
    files = sorted(os.listdir(raw))
    again = analyze("--net", "198.18.0.0/24", *(os.path.join(raw, name) for name in files))
    assert again["input"]["packets"] == len(some)
    assert again["kinds"] == report["kinds"], (again["kinds"], report["kinds"])


def check_troubles(work):
    config = os.path.join(work, "wrong.conf")
    for text, hint in (("interface = veth-rx\n", b"net"), ("net = 198.18.0.0/24\n", b"interface"),
                       ("interface = nothing0\nnet = 198.18.0.0/24\n", b"nothing0"),
                       ("interface = veth-rx\nnet = 198.18.0.0/24\nfilter = no such\n", b"filter"),
                       ("interface = veth-rx\nnet = 198.18.0.0/24\nuser = nobody-such\n",
                        b"nobody-such")):
        with open(config, "w", encoding="utf-8") as f:
            f.write("[capture]\n" + text)
        done = subprocess.run(inside(SENSOR, WATCH, config, "5"), capture_output=True, timeout=30)
        assert done.returncode == 1 and hint in done.stderr, (text, done)


def main():
    if not os.path.exists(WATCH):
        skip(f"{WATCH} is not built: ninja bench_programs")
    if not shutil.which("ip") or not hasattr(socket, "AF_PACKET"):
        skip("no ip program (iproute2): the ring is not tested")
    try:
        set_up()
        with folder() as work:
            scenario, made = (os.path.join(work, name) for name in ("s.scenario", "made.pcap"))
            with open(scenario, "w", encoding="utf-8") as f:
                f.write(SCENARIO)
            run("synth", scenario, "--output", made)
            report = analyze("--net", "198.18.0.0/24", made)
            some = list(frames(made))
            assert len(some) > 1000, len(some)
            check_counts(work, some, report)
            check_rights(work)
            check_outage(work, some)
            check_raw(work, some, report)
            check_troubles(work)
            assert sent_by_sensor() == 0, sent_by_sensor()
    finally:
        for namespace in (SENDER, SENSOR):
            ip("netns", "del", namespace, check=False)


main()
