#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three sensors of two members replay captures into one hub over mutual TLS, each in a network
namespace of its own; the hub is killed in the middle; the totals are the truth's to the packet."""
import contextlib
import os
import signal
import time

from noroshi_test import SOURCE, sanitized, skip
from observatory import STORER, Hub, Sensor, Space, synth, temporary

SCENARIO = """
name = {name}
start = 2026-03-03T08:00:00Z
duration = 20m
telescope = {net}
seed = {seed}

[noise]
type = background
sources = 300

[bots]
type = mirai
sources = 400
"""

COUNTRIES = os.path.join(SOURCE, "tests", "node_modules", "@ip-location-db",
                         "iptoasn-country-mmdb", "iptoasn-country.mmdb")

SENSORS = [("alpha-one", "alpha", "198.18.0.0/20", 11), ("alpha-two", "alpha", "198.18.32.0/20", 12),
           ("beta-one", "beta", "198.19.0.0/20", 13)]


def totals(hub, host):
    """{sensor: packets} as an administrator sees them."""
    answer = hub.query("count packets by sensor last 2d", host=host)
    names = [c["name"] for c in answer["tables"][0]["columns"]]
    return {row[names.index("sensor")]: row[names.index("packets")]
            for row in answer["tables"][0]["rows"]}


def countries():
    """Configuration for a real file of countries, where npm brought one."""
    return f"\n[intake]\ncountry = {COUNTRIES}\n" if os.path.exists(COUNTRIES) else ""


def check_countries(hub, host, packets):
    """Most sources have one, and each packet is in exactly one."""
    table = hub.query("top 300 country by packets last 2d", host=host)["tables"][0]
    names = [c["name"] for c in table["columns"]]
    seen = {row[names.index("country")]: row[names.index("packets")] for row in table["rows"]}
    assert sum(seen.values()) == packets, seen
    assert not os.path.exists(COUNTRIES) or len(seen) > 20, seen


def main():
    if not STORER:
        skip("the embedded store was not built")
    if not Space.available():
        skip("network namespaces cannot be made here")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary())
        space = stack.enter_context(Space(len(SENSORS)))
        hub = Hub(folder, "0.0.0.0:0", space.hub_addresses(), space.inside(space.hub), countries())
        stack.callback(hub.stop)
        for member in ("alpha", "beta"):
            hub.admin("member", "add", member)
        hub.start()
        hub.fix_port()
        truths, sensors = {}, []
        for i, (name, member, net, seed) in enumerate(SENSORS):
            capture, truth = synth(folder, name, SCENARIO.format(name=name, net=net, seed=seed))
            truths[name] = truth["totals"]["packets"]
            sensor = Sensor(folder, name, hub, f"https://10.77.{i}.1:{hub.port}", member, [net],
                            space.inside(space.sensors[i]))
            sensor.replay(capture, 60, "--once")
            stack.callback(sensor.process.end)
            sensors.append(sensor)
        host = space.hub_addresses()[0]
        for number in (signal.SIGKILL, signal.SIGTERM):
            time.sleep(5 if not sanitized() else 10)
            hub.stop(number)
            time.sleep(1)
            hub.start()
        for sensor in sensors:
            assert sensor.process.wait() == 0, sensor.process.text()[-3000:]
        hub.drained(host=host)
        seen = totals(hub, host)
        assert seen == truths, f"{seen}\nis not the truth\n{truths}"
        check_countries(hub, host, sum(truths.values()))
        print(f"ok - {sum(truths.values())} packets of {len(truths)} sensors, to the packet")


main()
