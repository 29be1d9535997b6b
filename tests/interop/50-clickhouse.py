# SPDX-License-Identifier: Apache-2.0
"""The engine's client against a server that we did not write: Debian's clickhouse-server 18.16.

The same program and the same checks as against the storer (tests/unit/store/engine_test.c).
"""
import os
import subprocess

from clickhouse_server import ClickHouse
from noroshi_test import folder, skip

PROGRAM = os.path.join(os.environ.get("NOROSHI_BUILD", "build"), "tests", "unit_store_engine_test")


def main():
    if not os.path.exists(PROGRAM):
        skip(f"{PROGRAM} is not built")
    with folder() as place:
        server = ClickHouse(place).start()
        done = subprocess.run([PROGRAM], env={**os.environ, "NOROSHI_ENGINE_URL": server.url},
                              capture_output=True, timeout=300, check=False)
        print(done.stdout.decode())
        assert done.returncode == 0, done.stderr.decode() + server.log()
        assert b"# engine 18.16" in done.stdout
        assert server.ask("SELECT count(), sum(a) FROM try_engine") == "1000\t499500\n"
        server.stop()


main()
