#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's ClickHouse (18.16), one server: the same tables, sums, repairs; moving into it."""
import os
import tempfile

import clickhouse_test
from noroshi_test import skip
from observations_test import Driver, core, rows_and_rollups

needs = clickhouse_test.missing()
if needs:
    skip(f"{needs} is not installed")
with tempfile.TemporaryDirectory() as folder:
    first, second = os.path.join(folder, "first"), os.path.join(folder, "second")
    with clickhouse_test.Servers(first) as one, clickhouse_test.Servers(second) as two:
        a, b = one.node(0), two.node(0)
        with Driver("--url", a.url) as d:
            core(d, a.query)
            d.ok(f"copy url {b.url}")
            d.ok(f"copy url {b.url}")
            assert rows_and_rollups(b.query) == rows_and_rollups(a.query)
            a.kill()
            assert d.insert(4, 1000) != "ok"
            a.start()
            a.wait()
            assert d.insert(4, 1000) == "ok"
            whole = rows_and_rollups(a.query)
            a.query("INSERT INTO schema_version SELECT toUInt32(99), toUInt64(0)")
        with Driver("--url", a.url) as d:
            assert d.opened.startswith("not supported") and "99" in d.opened, d.opened
        with Driver("--url", b.url) as d:
            d.ok("check")
            assert d.insert(4, 1000) == "ok"
            assert rows_and_rollups(b.query) == whole
            d.ok("check")
