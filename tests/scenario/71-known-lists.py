# SPDX-License-Identifier: Apache-2.0
"""Every published list in the shared folder loads, and names an address that it holds."""
import glob
import ipaddress
import json
import os

from noroshi_test import (analyze, ethernet, folder, ipv4, pcap_header, pcap_record, run, shared,
                          tcp)

lists = shared("data", "lists")
files = sorted(glob.glob(os.path.join(lists, "*.json")) +
               glob.glob(os.path.join(lists, "openfilters", "*.txt")))
assert len(files) > 80, files


def first_v4(path):
    """An address of the list, by this test's own reading of it."""
    with open(path) as f:
        if path.endswith(".json"):
            items = json.load(f)["list"]
        else:
            items = [line.split("#")[0].strip() for line in f]
    for item in filter(None, items):
        net = ipaddress.ip_network(item, strict=False)
        if net.version == 4 and net.prefixlen >= 12:
            return str(net[0])
    return None


def capture(path, sources):
    with open(path, "wb") as f:
        f.write(pcap_header())
        for i, source in enumerate(sources):
            f.write(pcap_record(1700000000 + i, ethernet(ipv4(source, "203.0.113.9", 6,
                                                              tcp(40000, 23)))))


with folder() as tmp:
    pcap = os.path.join(tmp, "a.pcap")
    held = {path: first_v4(path) for path in files}
    strange = "203.0.114.200"
    capture(pcap, sorted({a for a in held.values() if a} | {strange}))

    options = [word for path in files for word in ("--known", path)]
    report = analyze("--net", "203.0.113.0/24", "--top", "all", *options, pcap)
    known = {s["address"]: s["known"] for s in report["sources"]}
    for path, address in held.items():
        assert address is None or known[address], (path, address)
    assert not known[strange]
    assert not [w for w in report["warnings"] if "no address" in w], report["warnings"]

    shodan = os.path.join(lists, "openfilters", "shodan_v4.txt")
    alone = analyze("--net", "203.0.113.0/24", "--top", "all", "--known", shodan, pcap)
    names = {s["address"]: s["known"] for s in alone["sources"]}
    assert names[held[shodan]] == "shodan", names[held[shodan]]

    licence = os.path.join(lists, "openfilters", "LICENSE")
    done = run("analyze", "--known", licence, pcap, status=1)
    assert b"no line of this list is an address" in done.stderr, done.stderr

    hurt = os.path.join(tmp, "mine_v4.txt")
    with open(hurt, "w") as f:
        f.write(f"{strange}\nwhat is this\n0.0.0.0/0\n")
    os.utime(hurt, (1500000000, 1500000000))
    report = analyze("--net", "203.0.113.0/24", "--known", hurt, pcap)
    assert [s["known"] for s in report["sources"] if s["address"] == strange] == ["mine"]
    said = "\n".join(report["warnings"])
    for part in ("1 lines are no address: 2", "too broad", "2017-07-14"):
        assert part in said, said
