# SPDX-License-Identifier: Apache-2.0
"""Many servers that answer few of our addresses are a reflected flood; the other way round is not."""
import os

import noroshi_test as t

START = 1_780_000_000


def warned(place, pairs):
    path = os.path.join(place, "c.pcap")
    t.write_pcap(path, [(START + i / 50, t.ipv4(src, dst, 17, t.udp(53, 4000 + i % 999, b"x" * 30)))
                        for i, (src, dst) in enumerate(pairs)])
    report = t.analyze("--net", "198.18.0.0/16", path)
    return any("reflected" in w for w in report["warnings"])


with t.folder() as here:
    servers = [f"9.{i // 250}.{i % 250}.53" for i in range(400)]
    ours = [f"198.18.{i // 250}.{i % 250 + 1}" for i in range(400)]
    assert warned(here, [(s, ours[i % 4]) for i, s in enumerate(servers)])
    # A victim that answers everywhere, stray answers to everybody, and too few servers.
    assert not warned(here, [(servers[0], o) for o in ours])
    assert not warned(here, list(zip(servers, ours)))
    assert not warned(here, [(s, ours[0]) for s in servers[:49]])
