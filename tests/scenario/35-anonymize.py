# SPDX-License-Identifier: Apache-2.0
"""--anonymize: no original address in any output; common prefixes stay common; the same address
becomes the same everywhere; the key is nowhere."""
import ipaddress
import json
import os
import random
import re

from noroshi_test import csv_rows, folder, icmp, ipv4, ipv6, run, tcp, write_pcap

START = 1_750_000_000
KEY = b"32-char-str-for-AES-key-and-pad."


def packets():
    draw = random.Random(35)
    for i in range(6000):
        target = f"198.18.7.{draw.randrange(256)}"
        source = f"{draw.choice(('45.6.7', '45.6.99', '91.2.3'))}.{draw.randrange(1, 255)}"
        yield START + i * 0.1, ipv4(source, target, 6, tcp(1000, draw.choice((22, 23))))
        yield START + i * 0.1, ipv4("93.184.1.2", target, 6, tcp(80, 2000, flags=0x12))
        yield START + i * 0.1, ipv4("77.1.1.1", target, 1,
                                    icmp(3, 1, ipv4(target, "93.184.9.9", 17, b"\0" * 8)))
        yield START + i * 0.1, ipv6(f"2001:db8:5::{i % 30 + 1:x}", "2001:db8:ffff::1", 6,
                                    tcp(1, 22))


def addresses(report):
    return [s["address"] for s in report["sources"]] + [a["victim"] for a in report["attacks"]]


def common(a, b):
    a, b = (int.from_bytes(ipaddress.ip_address(x).packed, "big") for x in (a, b))
    return 128 - (a ^ b).bit_length()


def everything(place, name, *more):
    """The bytes of every output, and the JSON report."""
    path = os.path.join(place, "in.pcap")
    html, flows, batch = (os.path.join(place, name + e) for e in (".html", ".csv", ".batch"))
    out = [run("analyze", *more, "--html", html, path)]
    out.append(run("analyze", *more, "--json", "--top", "all", "--flows", flows, path))
    run("analyze", *more, "--quiet", "--flows", batch, path)
    texts = [d.stdout for d in out] + [d.stderr for d in out] + [run("flows", batch).stdout]
    for written in (html, flows):
        with open(written, "rb") as f:
            texts.append(f.read())
    return texts, json.loads(out[1].stdout)


def check_map(before, after):
    """By rank, since counts are the same: one to one, and as many common leading bits."""
    pairs = dict(zip(addresses(before), addresses(after)))
    assert len(set(pairs.values())) == len(pairs) > 400
    assert all(a != b for a, b in pairs.items())
    draw, known = random.Random(1), sorted(pairs)
    for _ in range(3000):
        a, b = draw.choice(known), draw.choice(known)
        if (":" in a) == (":" in b):
            assert common(a, b) == common(pairs[a], pairs[b]), (a, b)
    return pairs


def main():
    with folder() as place:
        key = os.path.join(place, "key")
        with open(key, "wb") as f:
            f.write(KEY)
        os.chmod(key, 0o600)
        write_pcap(os.path.join(place, "in.pcap"), packets())
        plain_texts, before = everything(place, "plain")
        texts, after = everything(place, "hidden", "--anonymize", key)
        originals = set(addresses(before)) | {"198.18.7.0", "93.184.9.9", "77.1.1.1"}
        shown = {a for a in originals if any(re.search(rb"(?<![\d.:a-f])" + re.escape(a.encode()) +
                                                       rb"(?![\d:a-f])", t) for t in plain_texts)}
        assert len(shown) >= len(originals) - 1, originals - shown
        # A network of the telescope may by chance be mapped to a prefix that is another's original.
        for text in texts:
            found = set(re.findall(rb"\d+\.\d+\.\d+\.\d+|2001:[0-9a-f:]+", text))
            assert not found & {a.encode() for a in originals}, found & {a.encode() for a in
                                                                         originals}
            assert KEY not in text and KEY.hex().encode() not in text
        order = {a["address"]: (a["packets"], a["first"], a["last"]) for a in before["sources"]}
        assert sorted(order.values()) == sorted((a["packets"], a["first"], a["last"])
                                                for a in after["sources"])
        with open(os.path.join(place, "plain.csv"), "rb") as f, \
                open(os.path.join(place, "hidden.csv"), "rb") as g:
            rows, hidden = csv_rows(f.read()), csv_rows(g.read())
        assert len(rows) == len(hidden)
        pairs = {(r["window"] if "window" in r else "", r["source"]): h["source"]
                 for r, h in zip(rows, hidden)}
        mapped = {}
        for (_, a), b in pairs.items():
            assert mapped.setdefault(a, b) == b, (a, b, mapped[a])
        for a in before["attacks"]:
            assert a["victim"] in originals
        check_map({"sources": [{"address": a} for a in mapped], "attacks": []},
                  {"sources": [{"address": b} for b in mapped.values()], "attacks": []})
        assert {mapped[a["address"]] for a in before["sources"]} == \
            {a["address"] for a in after["sources"]}
        assert after["telescope"]["prefixes"] != before["telescope"]["prefixes"]
        check_keys(place)


def check_keys(place):
    path, key = os.path.join(place, "in.pcap"), os.path.join(place, "key")
    os.chmod(key, 0o644)
    done = run("analyze", "--json", "--anonymize", key, path)
    assert any("key" in w for w in json.loads(done.stdout)["warnings"])
    for bad in (b"", b"short", b"x" * 65, b"zz" * 32):
        with open(key, "wb") as f:
            f.write(bad)
        done = run("analyze", "--anonymize", key, path, status=None)
        assert done.returncode in (1, 2) and not done.stdout, bad
        assert not bad or bad not in done.stderr


main()
