# SPDX-License-Identifier: Apache-2.0
"""--net: what leaves the monitored space is told apart. A reactive telescope that answers
everything is never a scanner nor a victim."""
import os

from noroshi_test import analyze, csv_rows, folder, ipv4, run, tcp, write_pcap

START = 1_750_000_000


def conversation():
    """300 addresses inside answer a scanner: SYN+ACK, RST, and they look up names outside."""
    for i in range(900):
        ours, when = f"198.18.{i % 3}.{i % 100}", START + i * 0.5
        yield when, ipv4("45.1.2.3", ours, 6, tcp(5000, 23, seq=i))
        yield when + 0.01, ipv4(ours, "45.1.2.3", 6, tcp(23, 5000, flags=0x12))
        yield when + 0.02, ipv4(ours, "45.1.2.3", 6, tcp(23, 5000, flags=0x04))
        yield when + 0.03, ipv4("198.18.0.5", f"9.9.{i % 200}.9", 6, tcp(1000, 53))
        yield when + 0.04, ipv4("45.1.2.3", f"9.8.{i % 200}.9", 6, tcp(1000, 53))


def main():
    with folder() as place:
        path, flows = os.path.join(place, "in.pcap"), os.path.join(place, "f.csv")
        write_pcap(path, conversation())
        report = analyze("--net", "198.18.0.0/22", "--top", "all", "--flows", flows, path)
        kinds = {s["address"]: s["kind"] for s in report["sources"]}
        inside = [a for a in kinds if a.startswith("198.18.")]
        assert len(inside) >= 100 and {kinds[a] for a in inside} == {"outbound"}, kinds
        assert kinds["45.1.2.3"] == "horizontal scan"
        assert not report["attacks"], report["attacks"]
        assert report["input"]["skipped"]["neither from nor to the monitored space"] == 900
        assert report["kinds"]["outbound"] == 2700 and report["kinds"]["backscatter"] == 0
        with open(flows, "rb") as f:
            rows = csv_rows(f.read())
        assert {r["kind"] for r in rows if r["source"].startswith("198.18.")} == {"outbound"}
        assert sum(int(r["packets"]) for r in rows) == 3600
        # By inference the same, but for the address that asked for something itself.
        report = analyze("--top", "all", path)
        kinds = {s["address"]: s["kind"] for s in report["sources"]}
        assert not any("scan" in kinds[a] for a in kinds
                       if a.startswith("198.18.") and a != "198.18.0.5"), kinds
        assert run("analyze", "--net", "198.18.0.0/22", path).stdout


main()
