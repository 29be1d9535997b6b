# SPDX-License-Identifier: Apache-2.0
"""Verdicts on tools against the generator's truth, which shares no code with them.

Recall over the senders with two or more packets must be at least 0.999, and a million SYNs
of random senders must get no label at all. Two rules need more than two packets to prove anything and
say so: "stateless irregular" wants four destinations (a forged SYN without options fits it), a
unicorn three packets. Senders below that are counted apart and must be "unknown", never wrong.
"""
import collections
import json
import os

from noroshi_test import SOURCE, analyze, folder, run

NEEDS = {"stateless irregular": 4, "unicorn": 3}


def scenario(name):
    return os.path.join(SOURCE, "examples", "scenarios", name + ".scenario")


def synth(place, name, *more):
    capture, truth = os.path.join(place, name + ".pcap"), os.path.join(place, name + ".json")
    run("synth", scenario(name), "-o", capture, "--truth", truth, *more)
    with open(truth) as file:
        return capture, json.load(file)


def verdicts(capture, telescope):
    nets = [word for prefix in telescope for word in ("--net", prefix)]
    return {s["address"]: s for s in analyze("--top", "all", *nets, capture)["sources"]}


def check_tools(place, seed):
    capture, truth = synth(place, "tools", "--seed", seed)
    got = verdicts(capture, truth["telescope"])
    hits, total = collections.Counter(), collections.Counter()
    wrong = []
    for source in truth["sources"]:
        tool, said = source["tool"], got[source["address"]]["tool"]
        if source["packets"] < 2:
            continue
        if source["destinations"] < NEEDS.get(tool, 0) and tool in NEEDS:
            assert said in ("unknown", tool), (source, said)
            continue
        total[tool] += 1
        hits[tool] += said == tool
        if said != tool:
            wrong.append((tool, said, source["packets"]))
    for tool in sorted(total):
        print(f"{tool:20} {hits[tool]:5} of {total[tool]:5}")
    labelled = {t: n for t, n in total.items() if t != "unknown"}
    recall = sum(hits[t] for t in labelled) / sum(labelled.values())
    print(f"seed {seed}: recall {recall:.5f}, wrong: {wrong[:10]}")
    assert len(labelled) >= 10 and sum(labelled.values()) >= 5000
    assert recall >= 0.999, wrong
    for tool in labelled:
        assert hits[tool] >= 0.99 * total[tool], tool
    # No sender of an ordinary stack may bear a tool's name.
    assert hits["unknown"] == total["unknown"], wrong


def check_false_labels(place):
    capture, truth = synth(place, "false-labels")
    assert truth["totals"]["packets"] >= 1_000_000
    nets = [word for prefix in truth["telescope"] for word in ("--net", prefix)]
    tools = analyze(*nets, capture)["tools"]
    assert set(tools) == {"unknown"}, tools


with folder() as here:
    for number in (4, 77):
        check_tools(here, number)
    check_false_labels(here)
