# SPDX-License-Identifier: Apache-2.0
"""Countries from a published MaxMind-format file agree with mmdblookup, address by address."""
import os
import random
import shutil
import subprocess

from noroshi_test import (SOURCE, analyze, ethernet, folder, ipv4, pcap_header, pcap_record, skip,
                          tcp)

PACKAGE = os.path.join(SOURCE, "tests", "node_modules", "@ip-location-db", "iptoasn-country-mmdb")
mmdb = os.path.join(PACKAGE, "iptoasn-country.mmdb")
if not os.path.exists(mmdb):
    skip("iptoasn-country-mmdb is not there: npm ci --prefix tests")
if not shutil.which("mmdblookup"):
    skip("mmdblookup is not there: Debian's mmdb-bin")


def theirs(address):
    done = subprocess.run(["mmdblookup", "--file", mmdb, "--ip", address, "country_code"],
                          capture_output=True, text=True, timeout=60)
    return done.stdout.split('"')[1] if done.returncode == 0 else None


draw = random.Random(7)
addresses = sorted({".".join(str(draw.randint(1, 223)) for _ in range(4)) for _ in range(150)})
addresses = [a for a in addresses if not a.startswith(("10.", "127.", "203.0.113."))]
with folder() as tmp:
    pcap = os.path.join(tmp, "a.pcap")
    with open(pcap, "wb") as f:
        f.write(pcap_header())
        for i, source in enumerate(addresses):
            f.write(pcap_record(1700000000 + i * 0.1, ethernet(
                ipv4(source, "203.0.113.9", 6, tcp(40000, 23)))))
    report = analyze("--net", "203.0.113.0/24", "--top", "all", "--geo", mmdb, pcap)
    ours = {s["address"]: s["country"] or None for s in report["sources"]}
    wrong = {a: (ours[a], theirs(a)) for a in addresses if ours[a] != theirs(a)}
    assert not wrong, wrong
    assert sum(c is not None for c in ours.values()) > 50, ours
