# SPDX-License-Identifier: Apache-2.0
"""Broken captures: a message names the file and the packet, the rest is analysed, exit 0; where
nothing can be read exit 1; where the command line is wrong exit 2 and help."""
import json
import os
import struct

from noroshi_test import (analyze, ethernet, folder, ipv4, pcap_bytes, pcap_header, pcap_record,
                          run, tcp, write_pcap)

START = 1_750_000_000


def syn(i):
    return ipv4(f"45.0.{i // 250}.{i % 250 + 1}", f"198.18.0.{i % 200}", 6, tcp(1000 + i, 23))


def frame(i):
    return ethernet(syn(i))


def good(n=100):
    return pcap_bytes((START + i, syn(i)) for i in range(n))


def record(captured, wire, data, when=START):
    return struct.pack("<IIII", when, 0, captured, wire) + data


def cut_and_lying(place):
    """(name, bytes, packets that can be read, words of the message)."""
    whole, one = good(), frame(0)
    return [
        ("cut.pcap", whole[:-7], 99, ["packet 100", "cut"]),
        ("cut-header.pcap", whole[:-len(one) - 9], 99, ["packet 100", "cut"]),
        ("giant.pcap", whole + record(0x7FFFFFFF, 60, one) + whole[24:], 100,
         ["packet 101", "2147483647"]),
        ("lying.pcap", whole + record(5000, 5000, one), 100, ["packet 101"]),
    ]


def odd_but_whole(place):
    """(name, bytes, packets): nothing to complain of at the level of the file."""
    one = frame(0)
    return [
        ("zero.pcap", good() + record(0, 60, b"") + good()[24:], 201),
        ("snapped.pcap", pcap_header(snaplen=40) +
         b"".join(pcap_record(START + i, frame(i)[:40], wire=54) for i in range(50)), 50),
        ("less-wire.pcap", good() + record(len(one), 3, one), 101),
        ("big.pcap", good() + record(100_000, 100_000, one + bytes(100_000 - len(one))), 101),
    ]


def check_read(place):
    for name, data, packets, words in cut_and_lying(place):
        path = os.path.join(place, name)
        with open(path, "wb") as f:
            f.write(data)
        done = run("analyze", "--json", path)
        report, errors = json.loads(done.stdout), done.stderr.decode()
        assert report["input"]["packets"] == packets, (name, report["input"])
        assert report["input"]["truncated"] is True, name
        assert name in errors and all(w in errors for w in words), (name, errors)
        assert any(name in w and words[0] in w for w in report["warnings"]), report["warnings"]
        assert not run("analyze", "--json", "--quiet", path).stderr
    for name, data, packets in odd_but_whole(place):
        path = os.path.join(place, name)
        with open(path, "wb") as f:
            f.write(data)
        done = run("analyze", "--json", path)
        report = json.loads(done.stdout)["input"]
        assert report["packets"] == packets and not report["truncated"], (name, report)
        assert not done.stderr, (name, done.stderr)


def check_backward(place):
    """A capture whose second half is an hour before its first."""
    path = os.path.join(place, "backward.pcap")
    write_pcap(path, [(START + 3600 * (i < 100) + i, syn(i)) for i in range(200)])
    report = analyze(path)
    assert report["input"]["packets"] == 200 and sum(report["kinds"].values()) == 200
    assert report["input"]["first"] < report["input"]["last"]
    assert any("back" in w for w in report["warnings"]), report["warnings"]


def check_several(place):
    """One bad file among good ones: named once, the others are whole."""
    paths = [os.path.join(place, n) for n in ("a.pcap", "bad.pcap", "gone.pcap", "b.pcap")]
    for path, data in zip(paths, (good(), b"no capture, " * 9, None, good(50))):
        if data:
            with open(path, "wb") as f:
                f.write(data)
    done = run("analyze", "--json", *paths, os.path.join(place, "cut.pcap"))
    report, errors = json.loads(done.stdout), done.stderr.decode()
    assert report["input"]["packets"] == 100 + 50 + 99
    assert [os.path.basename(f) for f in report["input"]["files"]] == \
        ["a.pcap", "b.pcap", "cut.pcap"]
    assert [f["truncated"] for f in report["input"]["file_details"]] == [False, False, True]
    for name in ("bad.pcap", "gone.pcap", "cut.pcap"):
        assert errors.count(f"{name}:") == 1, errors
    assert "a.pcap" not in errors and "/b.pcap" not in errors
    assert len(report["warnings"]) == 4, report["warnings"]  # and time went back


def check_nothing(place):
    empty, text = os.path.join(place, "empty.pcap"), os.path.join(place, "text.pcap")
    for path, data in ((empty, b""), (text, b"Dear reader\n" * 99)):
        with open(path, "wb") as f:
            f.write(data)
    for args in ([empty], [text], [place], [os.path.join(place, "nowhere")], [empty, text]):
        done = run("analyze", "--json", *args, status=1)
        assert not done.stdout, args
        assert all(os.path.basename(a).encode() in done.stderr for a in args), done.stderr
    done = run("analyze", "--flows", os.path.join(place, "n.csv"), text, status=1)
    assert not os.path.exists(os.path.join(place, "n.csv"))
    assert not [n for n in os.listdir(place) if n.startswith("n.csv")]
    only = os.path.join(place, "header.pcap")  # a capture without packets is read all right
    with open(only, "wb") as f:
        f.write(pcap_header())
    assert analyze(only)["input"]["packets"] == 0


def check_usage(place):
    good_file = os.path.join(place, "a.pcap")
    wrong = [
        ([], b"--help"), (["--nonsense", good_file], b"--nonsense"), (["--net"], b"--net"),
        (["--net", "198.18.0.0", "--interface", "lo", good_file], b"not both"),
        (["--net", "198.18.0.1/16", good_file], b"198.18.0.1/16"),
        (["--net", "300.1.2.3/8", good_file], b"300.1.2.3/8"),
        (["--threads", "0", good_file], b"--threads"), (["--threads", "17", good_file], b"1 to 16"),
        (["--threads", "many", good_file], b"many"), (["--memory", "1M", good_file], b"--memory"),
        (["--top", "-3", good_file], b"--top"), (["--seconds", "5s", good_file], b"--interface"),
        (["--filter", "tcp", good_file], b"--interface"),
        (["--flows", os.path.join(place, "x.xml"), good_file], b".csv"),
        (["--json", "--flows", "-", good_file], b"standard output"),
    ]
    for args, word in wrong:
        done = run("analyze", *args, status=2)
        assert word in done.stderr and not done.stdout, (args, done.stderr)
        assert b"Sanitizer" not in done.stderr
    assert b"--threads" in run("analyze", "--help").stdout
    assert b"analyze" in run("--help").stdout
    run("analyse", status=2)
    run(status=2)


def main():
    with folder() as place:
        check_read(place)
        check_backward(place)
        check_several(place)
        check_nothing(place)
        check_usage(place)


main()
