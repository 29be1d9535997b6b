#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cluster of Debian's ClickHouse: nothing is lost or doubled while replicas and a ZooKeeper die,
and a missing shard is an error."""
import tempfile
import unittest

import clickhouse_test
from noroshi_test import skip
from observations_test import DAY, TOTALS, Driver, numbers, rows_and_rollups

CLUSTER = ("--cluster", "noroshi")


class Replicas(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def send(self, driver, block):
        self.assertEqual(driver.insert(block, 2000), "ok")

    def test_replicas_die(self):
        with clickhouse_test.Servers(self.folder, 1, 3, 3) as servers:
            nodes = servers.nodes
            with Driver("--url", nodes[0].url, *CLUSTER) as d:
                self.assertEqual(d.opened, "ok")
                for block in range(4):
                    self.send(d, block)
                self.send(d, 3)  # again
                nodes[2].kill()
                for block in range(4, 8):
                    self.send(d, block)
                servers.keepers[2].kill()
                for block in range(8, 10):
                    while d.insert(block, 2000) != "ok":  # while they elect another leader
                        pass
                # the replica that is written to, in the middle of it
                d.child.stdin.write(f"insert {DAY} 10 2000 block-10\n")
                d.child.stdin.flush()
                nodes[0].kill()
                d.child.stdout.readline()
            nodes[2].start()
            nodes[2].wait()
            with Driver("--url", nodes[1].url, *CLUSTER) as d:
                self.assertEqual(d.opened, "ok")
                for block in range(9, 13):
                    while d.insert(block, 2000) != "ok":  # until the quorum is settled
                        pass
            nodes[0].start()
            nodes[0].wait()
            self.whole(servers, 13 * 2000)
            self.live_and_old_days(servers)

    def whole(self, servers, rows):
        def synced(node):
            waiting = node.query("SELECT sum(queue_size) FROM system.replicas").strip()
            return waiting == "0"

        seen = []
        for node in servers.nodes:
            clickhouse_test.wait_until(lambda n=node: synced(n), "replication")
            local = numbers(node.query, TOTALS.replace("flows", "flows_local"))
            self.assertEqual(rows_and_rollups(node.query)[0], rows)
            seen.append(local)
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[0], seen[2])
        self.assertEqual(seen[0][0], rows)

    def live_and_old_days(self, servers):
        with Driver("--url", servers.node(0).url, *CLUSTER) as d:
            d.ok(f"windows {DAY} 1 100 w-1")
            d.ok(f"windows {DAY} 1 100 w-1")
            d.ok(f"live {DAY * 86400} 1 100")
            self.assertEqual(numbers(servers.node(0).query, "SELECT count() FROM windows"), [100])
            d.ok(f"live {DAY * 86400 + 3600} 1 50")
            clickhouse_test.wait_until(
                lambda: numbers(servers.node(0).query, "SELECT count() FROM live") == [50],
                "dropping the live rows of before")
            self.assertIn("flows=26000/", d.ok("health"))
            d.ok(f"retain 1 1 1 0 0 {(DAY + 2) * 86400}")
            clickhouse_test.wait_until(lambda: "flows=0/" in d.ok("health"), "dropping an old day")
            self.assertEqual(
                numbers(servers.node(1).query, "SELECT sum(rows) FROM port_hour"), [26000])


class Shards(unittest.TestCase):
    def test_missing_shard(self):
        with tempfile.TemporaryDirectory() as folder:
            with clickhouse_test.Servers(folder, 2, 1, 1) as servers:
                first, second = servers.nodes
                with Driver("--url", first.url, *CLUSTER, "--quorum", "1") as d:
                    self.assertEqual(d.opened, "ok")
                    self.assertEqual(d.insert(1, 5000), "ok")
                    self.assertEqual(d.insert(1, 5000), "ok")
                    self.assertEqual(rows_and_rollups(second.query)[0], 5000)
                    shares = [numbers(n.query, "SELECT count() FROM flows_local")[0]
                              for n in servers.nodes]
                    self.assertEqual(sum(shares), 5000)
                    self.assertGreater(min(shares), 1500)
                    second.kill()
                    with self.assertRaises(RuntimeError):
                        first.query(TOTALS)
                    self.assertNotEqual(d.insert(2, 5000), "ok")
                    second.start()
                    second.wait()
                    self.assertEqual(d.insert(2, 5000), "ok")
                    self.assertEqual(rows_and_rollups(first.query)[0], 10000)


if __name__ == "__main__":
    needs = clickhouse_test.missing("zookeeper")
    if needs:
        skip(f"{needs} is not installed")
    unittest.main()
