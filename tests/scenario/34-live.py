# SPDX-License-Identifier: Apache-2.0
"""A live interface: packets on a veth pair in a network namespace of the test's own are counted
right, with --threads 1 and 2; --seconds or SIGINT ends it; a filter is obeyed."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from noroshi_test import PROGRAM, ethernet, ipv4, run, skip, tcp, udp

PACKETS = 3000


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, capture_output=True)


def inside(*command):
    return ["ip", "netns", "exec", NAMESPACE, *command]


NAMESPACE = f"noroshi-test-{os.getpid()}"
SENDER = """
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("veth-out", 0))
data = sys.stdin.buffer.read()
at = 0
while at < len(data):
    n = int.from_bytes(data[at:at + 2], "big")
    s.send(data[at + 2:at + 2 + n])
    at += 2 + n
    if at % 50 == 0:
        time.sleep(0.001)
"""


def frames():
    for i in range(PACKETS):
        payload = tcp(1000, 23, seq=i) if i % 3 else udp(1000, 53)
        yield ethernet(ipv4(f"45.1.{i % 200}.7", f"198.18.0.{i % 250}", 6 if i % 3 else 17,
                            payload))


def capture(*more, end=None):
    """What a capture on veth-in reports of the packets that are sent into veth-out."""
    child = subprocess.Popen(inside(PROGRAM, "analyze", "--json", "--interface", "veth-in", *more),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.0)
    data = b"".join(len(f).to_bytes(2, "big") + f for f in frames())
    subprocess.run(inside(sys.executable, "-c", SENDER), input=data, check=True)
    if end:
        time.sleep(0.7)
        os.kill(child.pid, end)
    out, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors
    return json.loads(out)


def check():
    net = ("--net", "198.18.0.0/24")
    for threads in ("1", "2"):
        begun = time.monotonic()
        report = capture(*net, "--seconds", "5", "--threads", threads)
        assert 4 <= time.monotonic() - begun <= 15
        assert report["input"]["packets"] + report["input"]["dropped"] >= PACKETS, report["input"]
        assert sum(report["kinds"].values()) == PACKETS - report["input"]["dropped"], report["kinds"]
        assert report["input"]["partial"] is False
    report = capture(*net, "--filter", "tcp", end=signal.SIGINT)
    ports = {(p["proto"], p["port"]): p["packets"] for p in report["ports"]}
    assert ports == {("tcp", 23): PACKETS * 2 // 3}, ports
    assert len(report["sources"]) == 100 or report["sources_total"] == 200
    done = subprocess.run(inside(PROGRAM, "analyze", "--interface", "veth-in", "--filter",
                                 "no such word"), capture_output=True, timeout=30)
    assert done.returncode in (1, 2) and b"filter" in done.stderr.lower(), done


def main():
    done = run("analyze", "--interface", "no-such-interface", status=1)
    assert b"no-such-interface" in done.stderr
    if not shutil.which("ip"):
        skip("no ip program (iproute2): live capture is not tested")
    if not hasattr(socket, "AF_PACKET") or ip("netns", "add", NAMESPACE, check=False).returncode:
        skip("no right to make a network namespace: live capture is not tested")
    try:
        ip("-n", NAMESPACE, "link", "add", "veth-in", "type", "veth", "peer", "name", "veth-out")
        for name in ("veth-in", "veth-out"):
            subprocess.run(inside("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1"),
                           check=False, capture_output=True)
            ip("-n", NAMESPACE, "link", "set", name, "up")
        check()
    finally:
        ip("netns", "del", NAMESPACE, check=False)


main()
