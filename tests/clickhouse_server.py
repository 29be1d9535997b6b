# SPDX-License-Identifier: Apache-2.0
"""Debian's clickhouse-server 18.16 in a test: one node or several, in a folder of the test, on free
loopback ports, as nobody where the test is root. Ends with the test.

    with folder() as place:
        server = ClickHouse(place).start()
        server.ask("SELECT version()")

A cluster: reserve all nodes first, then start each with the shards and ZooKeeper's port:

    nodes = [ClickHouse(place, name=f"r{i}", shard=1) for i in (1, 2, 3)]
    for node in nodes:
        node.start(shards=[nodes], zookeeper=port)
"""
import atexit
import http.client
import os
import shutil
import socket
import subprocess
import time
import urllib.parse

from noroshi_test import skip

NOBODY = 65534
CLUSTER = "noroshi"

CONFIG = """<?xml version="1.0"?>
<yandex>
 <logger><level>warning</level><log>{dir}/server.log</log>
  <errorlog>{dir}/error.log</errorlog><size>50M</size><count>1</count></logger>
 <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port>
 <interserver_http_port>{inter}</interserver_http_port>
 <interserver_http_host>127.0.0.1</interserver_http_host>
 <listen_host>127.0.0.1</listen_host>
 <max_connections>100</max_connections><max_concurrent_queries>50</max_concurrent_queries>
 <uncompressed_cache_size>0</uncompressed_cache_size><mark_cache_size>67108864</mark_cache_size>
 <path>{dir}/data/</path><tmp_path>{dir}/tmp/</tmp_path>
 <format_schema_path>{dir}/schemas/</format_schema_path>
 <users_config>{dir}/users.xml</users_config>
 <default_profile>default</default_profile><default_database>default</default_database>
{cluster}</yandex>
"""

USERS = """<?xml version="1.0"?>
<yandex>
 <profiles><default><max_memory_usage>4000000000</max_memory_usage>
  <load_balancing>in_order</load_balancing></default></profiles>
 <users><default><password>{password}</password><networks><ip>127.0.0.1</ip></networks>
  <profile>default</profile><quota>default</quota></default></users>
 <quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors>
  <result_rows>0</result_rows><read_rows>0</read_rows><execution_time>0</execution_time>
 </interval></default></quotas>
</yandex>
"""


def free_ports(count):
    """Ports that were free a moment ago, all different."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Refused(Exception):
    """An answer that is not 200."""


class ClickHouse:
    def __init__(self, place, name="node", shard=1, password=""):
        if not shutil.which("clickhouse-server"):
            skip("clickhouse-server is not installed")
        os.chmod(place, 0o711)  # nobody passes through, and sees nothing
        self.dir = os.path.join(str(place), name)
        self.name, self.shard, self.password = name, shard, password
        self.http, self.tcp, self.inter = free_ports(3)
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http}"

    def start(self, shards=None, zookeeper=None):
        """shards: a list of lists of nodes; returns self once it answers. Also starts again."""
        if not os.path.exists(self.dir):
            self._write(shards, zookeeper)
        command = ["clickhouse-server", f"--config-file={self.dir}/config.xml"]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                       *command]
        with open(os.path.join(self.dir, "output.log"), "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.dir)
        atexit.register(self.process.kill)
        while self.process.poll() is None:
            try:
                if self.ask("SELECT 1") == "1\n":
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"clickhouse-server ended: {self.log()}")

    def _write(self, shards, zookeeper):
        for part in ("data", "tmp", "schemas"):
            os.makedirs(os.path.join(self.dir, part))
        cluster = ""
        if shards:
            cluster += f" <remote_servers><{CLUSTER}>\n"
            for nodes in shards:
                cluster += "  <shard><internal_replication>true</internal_replication>"
                cluster += "".join(
                    f"<replica><host>127.0.0.1</host><port>{n.tcp}</port>"
                    f"<password>{n.password}</password></replica>" for n in nodes)
                cluster += "</shard>\n"
            cluster += f" </{CLUSTER}></remote_servers>\n"
        if zookeeper:
            cluster += (f" <zookeeper><node><host>127.0.0.1</host><port>{zookeeper}</port></node>"
                        "<session_timeout_ms>6000</session_timeout_ms></zookeeper>\n"
                        " <distributed_ddl><path>/clickhouse/task_queue/ddl</path>"
                        "</distributed_ddl>\n")
        cluster += f" <macros><shard>{self.shard}</shard><replica>{self.name}</replica></macros>\n"
        texts = {"config.xml": CONFIG.format(dir=self.dir, http=self.http, tcp=self.tcp,
                                             inter=self.inter, cluster=cluster),
                 "users.xml": USERS.format(password=self.password)}
        for file, text in texts.items():
            with open(os.path.join(self.dir, file), "w", encoding="utf-8") as out:
                out.write(text)
        if os.geteuid() == 0:
            for root, folders, files in os.walk(self.dir):
                for entry in (".", *folders, *files):
                    os.chown(os.path.join(root, entry), NOBODY, NOBODY)

    def ask(self, sql, data=None, **settings):
        """The answer as text; `data` are an INSERT's rows."""
        if data is not None:
            settings = {"query": sql, **settings}
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=120)
        try:
            connection.request("POST", "/?" + urllib.parse.urlencode(settings),
                               sql if data is None else data,
                               {"X-ClickHouse-User": "default", "X-ClickHouse-Key": self.password})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status != 200:
            raise Refused(text)
        return text

    def kill(self):
        """As if the power failed; start() brings it back with its data."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=120)

    def log(self):
        text = ""
        for file in ("output.log", "error.log"):
            path = os.path.join(self.dir, file)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as log:
                    text += log.read()[-2000:]
        return text
