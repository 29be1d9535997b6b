# SPDX-License-Identifier: Apache-2.0
"""Ports that are new within a capture: a worm that begins late is told with its time, and what
was asked for from the beginning is not, however loud it becomes.

The noise holds scanners of a thousand ports each, whose ports see a dozen sources: chance
leaves some of them empty for hours, which is no news.
"""
import os

from noroshi_test import analyze, folder, run

DAY = """
name = new ports
start = 2026-03-10T00:00:00Z
duration = 24h
telescope = 198.18.0.0/16
seed = 44

[noise]
type = background
sources = 3000
hits = 1-40

[ports-of-few]
type = vertical
sources = 15
ports = 1-1024
hits = 1024

[new-worm]
type = worm-growth
population = 1000
initial = 10
alpha = 0.9
rate = 20
ports = 37777
start = 8h

[late-together]
type = slow-group
sources = 50
interval = 10m
ports = 999
start = 14h
end = 16h

[old-port]
type = worm-growth
population = 1000
initial = 10
alpha = 0.9
rate = 20
ports = 23
start = 8h

[few]
type = botnet
sources = 6
ports = 47777
hits = 100-200
start = 12h
"""


def made(place, name, text):
    scenario, capture = (os.path.join(place, name + end) for end in (".scenario", ".pcap"))
    with open(scenario, "w") as out:
        out.write("# SPDX-License-Identifier: Apache-2.0\n" + text)
    run("synth", scenario, "-o", capture)
    return capture


def check_day(capture):
    report = analyze("--net", "198.18.0.0/16", capture)
    new = {(p["proto"], p["port"]): p for p in report["new"]}
    print(report["new"])
    assert ("tcp", 23) not in new and ("tcp", 47777) not in new
    worm = new[("tcp", 37777)]
    assert worm["since"] == "2026-03-10T08:00:00.000000Z", worm
    assert 900 <= worm["sources"] <= 1000, worm
    listed = [p for p in report["ports"] if p["port"] == 37777 and p["kind"] == "scan"]
    assert [p["packets"] for p in listed] == [worm["packets"]]
    # 15 vertical scanners and some of the group: 999 was asked for before it.
    assert set(new) == {("tcp", 37777)}, new


def check_forms(capture, place):
    page = os.path.join(place, "page.html")
    text = run("analyze", "--net", "198.18.0.0/16", "--html", page, capture).stdout.decode()
    section = text.split("What is new")[1].split("\n\n")[0]
    assert "37777/tcp" in section and "03-10 08:00" in section, section
    assert text.index("What is asked for") < text.index("What is new") < text.index("What it is")
    with open(page, encoding="utf-8") as file:
        assert "What is new" in file.read()


def check_threads(capture):
    one, four = (analyze("--net", "198.18.0.0/16", "--threads", n, capture)["new"] for n in (1, 4))
    assert one == four and one


def check_cut(place):
    """A new port that is too small for the list of ports is told all the same."""
    capture = made(place, "cut", DAY.replace("hits = 1024", "hits = 40960").replace(
        "duration = 24h", "duration = 12h").replace("[few]", "[small]").replace(
            "sources = 6", "sources = 90").replace("hits = 100-200", "hits = 1-2").replace(
                "start = 12h", "start = 9h"))
    report = analyze("--net", "198.18.0.0/16", capture)
    assert len(report["ports"]) == 1000 and 47777 not in {p["port"] for p in report["ports"]}
    assert 47777 in {p["port"] for p in report["new"]}, report["new"]


with folder() as here:
    day = made(here, "day", DAY)
    check_day(day)
    check_forms(day, here)
    check_threads(day)
    check_cut(here)
    empty = analyze("--net", "198.18.0.0/16", made(here, "short", """
name = short
start = 2026-03-10T00:00:00Z
duration = 5m
telescope = 198.18.0.0/16
seed = 1

[noise]
type = background
sources = 500

[late]
type = botnet
sources = 500
ports = 37777
hits = 10
start = 3m
"""))
    assert empty["new"] == [], empty["new"]
