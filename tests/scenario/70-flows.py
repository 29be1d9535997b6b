# SPDX-License-Identifier: Apache-2.0
"""noroshi flows: batch files print and convert, damage is named and the rest still printed."""
import csv
import io
import json
import os

from noroshi_test import ethernet, folder, ipv4, pcap_header, pcap_record, run, tcp

KEY = b"32-char-str-for-AES-key-and-pad."


def capture(path):
    """Three windows: one source that scans, one that is alone in its minute."""
    with open(path, "wb") as f:
        f.write(pcap_header())
        for i in range(300):
            source = "192.0.2.1" if i % 3 else f"198.51.100.{i // 10 + 1}"
            frame = ethernet(ipv4(source, f"203.0.113.{i % 250}", 6, tcp(40000 + i, 23)))
            f.write(pcap_record(1700000000 + i * 0.5, frame))


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.decode())))


def frames_of(data):
    """Offsets and lengths of the frames; the format is drawn in src/ship/batch.h."""
    at, frames = 16, []
    while at < len(data):
        n = 128 + int.from_bytes(data[at + 8:at + 12], "little")
        frames.append((at, n))
        at += n
    return frames


with folder() as tmp:
    def path(name):
        return os.path.join(tmp, name)

    capture(path("a.pcap"))
    run("analyze", "--net", "203.0.113.0/24", "--flows", path("a.batch"), path("a.pcap"))
    run("analyze", "--net", "203.0.113.0/24", "--flows", path("a.csv"), path("a.pcap"))
    with open(path("a.csv"), "rb") as f:
        direct = f.read()
    printed = run("flows", path("a.batch")).stdout
    assert printed == direct, "CSV by way of the batch format differs"
    rows = rows_of(printed)
    assert sum(int(r["packets"]) for r in rows) == 300
    assert {r["source"] for r in rows} >= {"192.0.2.1", "198.51.100.1"}

    run("flows", "-o", path("b.jsonl"), path("a.batch"))
    with open(path("b.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    assert [r["source"] for r in lines] == [r["source"] for r in rows]
    assert list(lines[0]) == list(rows[0])

    run("flows", "--output", path("b.batch"), path("a.batch"))
    assert run("flows", path("b.batch")).stdout == direct
    with open(path("a.batch"), "rb") as f:
        data = f.read()
    assert run("flows", "-", stdin=data).stdout == direct
    twice = rows_of(run("flows", path("a.batch"), path("a.batch")).stdout)
    assert twice == rows + rows

    with open(path("key"), "wb") as f:
        f.write(KEY)
    os.chmod(path("key"), 0o644)
    done = run("flows", "--anonymize", path("key"), path("a.batch"))
    hidden = rows_of(done.stdout)
    assert b"may read the key" in done.stderr and KEY not in done.stderr
    assert len(hidden) == len(rows)
    assert {"192.0.125.244"} == {h["source"] for h, r in zip(hidden, rows)
                                 if r["source"] == "192.0.2.1"}
    assert b"198.51.100." not in done.stdout

    frames = frames_of(data)
    assert len(frames) >= 3
    at, n = frames[1]
    with open(path("hurt.batch"), "wb") as f:
        f.write(data[:at + 150] + bytes([data[at + 150] ^ 255]) + data[at + 151:-7])
    done = run("flows", path("hurt.batch"), status=1)
    text = done.stderr.decode()
    assert "hurt.batch: frame 2: " in text and "ends in the middle" in text, text
    whole = rows_of(done.stdout)
    assert whole and len(whole) < len(rows) and all(r in rows for r in whole)

    for name, content in (("empty", b""), ("text", b"window,sensor\n" * 9)):
        with open(path(name), "wb") as f:
            f.write(content)
        done = run("flows", "-o", path("never.csv"), path(name), status=1)
        assert b"not a batch file" in done.stderr
        assert not os.path.exists(path("never.csv"))
    run("flows", path("nowhere.batch"), status=1)
    run("flows", status=2)
    run("flows", "--format", "parquet", path("a.batch"), status=2)
    run("flows", "-o", path("x.txt"), path("a.batch"), status=2)
    assert b"--anonymize" in run("flows", "--help").stdout
