# SPDX-License-Identifier: Apache-2.0
"""Every command in the fenced blocks of README and howtos runs, in the build folder that there is.

`capture.pcap` stands for a capture of the reader's own; here it is the demo's day. Targets that
run for long, and this test's own, are only looked up.
"""
import glob
import os
import re
import subprocess

from noroshi_test import SOURCE

BUILD = os.environ["NOROSHI_BUILD"]
ONLY_LOOKED_UP = {"make test", "make bench", "make fuzz", "make lint", "make install", "make soak", "make deb"}


def fenced_commands(text):
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield from (line for line in block.split("\n") if line and not line.startswith("#"))


def run(command):
    if command in ONLY_LOOKED_UP:
        command += " -n"
    here = command.replace("build/", BUILD + "/").replace(
        "capture.pcap", os.path.join(BUILD, "demo", "day.pcap"))
    print(here, flush=True)
    return subprocess.run(["bash", "-c", "set -o pipefail; " + here], cwd=SOURCE, timeout=600,
                          env={**os.environ, "BUILD": BUILD, "DEMO_FLAGS": "--once"}, capture_output=True, text=True,
                          check=False)


def main():
    commands = []
    for page in ["README.md", *sorted(glob.glob("docs/howto/*.md", root_dir=SOURCE))]:
        with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
            commands += fenced_commands(file.read())
    assert "make demo" in commands and len(commands) >= 15, commands
    for command in commands:
        done = run(command)
        assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stderr[-3000:]}"
    for made in ("demo/report.html", "demo/truth.json", "report.html", "report.json", "flows.csv"):
        assert os.path.getsize(os.path.join(BUILD, made)) > 0, made
    assert os.path.getsize(os.path.join(BUILD, "man", "noroshi.1")) > 0


main()
