# SPDX-License-Identifier: Apache-2.0
"""ClickHouse servers and ZooKeepers of the system on loopback, for tests: free ports, own folders,
processes ended by their number.

    with Servers(folder, shards=1, replicas=3, keepers=3) as servers:
        servers.node(0).url, servers.node(0).query("SELECT 1")
"""
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar"
START_SECONDS = 60


def missing(*keepers):
    """What is not installed, or None."""
    if not shutil.which("clickhouse-server"):
        return "clickhouse-server"
    if keepers and not (shutil.which("java") and os.path.exists(ZOOKEEPER_JAR)):
        return "zookeeper"
    return None


def free_ports(count):
    """Ports that nobody listens on, below those that the system gives to outgoing connections,
    which might take one before its server does."""
    sockets = []
    try:
        while len(sockets) < count:
            s = socket.socket()
            try:
                s.bind(("127.0.0.1", random.randrange(10000, 32000)))
            except OSError:
                s.close()
            else:
                sockets.append(s)
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


class Process:
    """A child in a folder of its own, ended by number."""

    def __init__(self, folder, command):
        self.folder, self.command, self.child = folder, command, None

    def start(self):
        # pylint: disable=consider-using-with
        with open(os.path.join(self.folder, "output"), "ab") as out:
            self.child = subprocess.Popen(self.command, cwd=self.folder, stdout=out, stderr=out,
                                          stdin=subprocess.DEVNULL)

    def kill(self):
        """As a power cut: SIGKILL."""
        if self.child:
            self.child.kill()
            self.child.wait()
            self.child = None

    def stop(self):
        if self.child:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.child = None


class Node(Process):
    """One clickhouse-server."""

    def __init__(self, folder, ports, shard, replica):
        self.http, self.tcp, self.peer = ports
        self.shard, self.replica = shard, replica
        self.url = f"http://127.0.0.1:{self.http}"
        super().__init__(folder, ["clickhouse-server", f"--config-file={folder}/config.xml"])

    def query(self, sql, seconds=60):
        request = urllib.request.Request(self.url + "/", data=sql.encode())
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()[:500]) from error

    def ready(self):
        try:
            return self.query("SELECT 1", 2).strip() == "1"
        except (OSError, RuntimeError):
            return False

    def wait(self):
        wait_until(self.ready, f"clickhouse-server in {self.folder}")


class Keeper(Process):
    """One ZooKeeper of an ensemble."""

    def __init__(self, folder, number, ports):
        self.number, (self.client, self.peer, self.vote) = number, ports
        super().__init__(folder, [
            "java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", f"{ZOOKEEPER_JAR}:{folder}",
            "-Dzookeeper.admin.enableServer=false", "-Djava.net.preferIPv4Stack=true",
            "org.apache.zookeeper.server.quorum.QuorumPeerMain", f"{folder}/zoo.cfg"])

    def ready(self):
        """It serves clients: `srvr` names a mode."""
        try:
            with socket.create_connection(("127.0.0.1", self.client), 2) as s:
                s.sendall(b"srvr")
                return b"Mode:" in s.makefile("rb").read()
        except OSError:
            return False


def wait_until(ready, what):
    end = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain: {what}")
        time.sleep(0.1)


def keeper_config(keeper, keepers):
    alone = len(keepers) == 1
    servers = "" if alone else "".join(
        f"server.{k.number}=127.0.0.1:{k.peer}:{k.vote}\n" for k in keepers)
    return (f"tickTime=500\ninitLimit=20\nsyncLimit=10\ndataDir={keeper.folder}/data\n"
            f"clientPort={keeper.client}\nclientPortAddress=127.0.0.1\n"
            f"4lw.commands.whitelist=srvr\nforceSync=no\n{servers}")


def node_config(node, nodes, keepers):
    def replica(n):
        return f"<replica><host>127.0.0.1</host><port>{n.tcp}</port></replica>"

    shards = "".join(
        "<shard><internal_replication>true</internal_replication>"
        + "".join(replica(n) for n in nodes if n.shard == shard) + "</shard>"
        for shard in sorted({n.shard for n in nodes}))
    keeper_nodes = "".join(
        f"<node><host>127.0.0.1</host><port>{k.client}</port></node>" for k in keepers)
    cluster = f"""
 <remote_servers><noroshi>{shards}</noroshi></remote_servers>
 <zookeeper>{keeper_nodes}<session_timeout_ms>6000</session_timeout_ms></zookeeper>
 <macros><shard>{node.shard}</shard><replica>r{node.http}</replica></macros>
 <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>""" if keepers else ""
    f = node.folder
    return f"""<?xml version="1.0"?>
<yandex>
 <logger><level>warning</level><log>{f}/server.log</log><errorlog>{f}/error.log</errorlog></logger>
 <http_port>{node.http}</http_port><tcp_port>{node.tcp}</tcp_port>
 <interserver_http_port>{node.peer}</interserver_http_port>
 <interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host>
 <max_connections>100</max_connections><max_concurrent_queries>50</max_concurrent_queries>
 <mark_cache_size>67108864</mark_cache_size><uncompressed_cache_size>0</uncompressed_cache_size>
 <path>{f}/data/</path><tmp_path>{f}/tmp/</tmp_path>
 <format_schema_path>{f}/schemas/</format_schema_path><users_config>{f}/users.xml</users_config>
 <default_profile>default</default_profile><default_database>default</default_database>{cluster}
</yandex>
"""


USERS = """<?xml version="1.0"?>
<yandex><profiles><default><max_memory_usage>2000000000</max_memory_usage>
<max_threads>2</max_threads></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users>
<quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors>
<result_rows>0</result_rows><read_rows>0</read_rows><execution_time>0</execution_time></interval>
</default></quotas></yandex>
"""


class Servers:
    """shards x replicas servers and so many ZooKeepers (0: a server that stands alone)."""

    def __init__(self, folder, shards=1, replicas=1, keepers=0):
        ports = iter(free_ports(3 * (shards * replicas + keepers)))

        def three():
            return next(ports), next(ports), next(ports)

        self.keepers = [Keeper(os.path.join(folder, f"keeper-{i + 1}"), i + 1, three())
                        for i in range(keepers)]
        self.nodes = [Node(os.path.join(folder, f"node-{s}-{r}"), three(), s, r)
                      for s in range(1, shards + 1) for r in range(1, replicas + 1)]
        for k in self.keepers:
            os.makedirs(os.path.join(k.folder, "data"))
            self._write(k, "zoo.cfg", keeper_config(k, self.keepers))
            self._write(k, "data/myid", f"{k.number}\n")
        for n in self.nodes:
            for part in ("data", "tmp", "schemas"):
                os.makedirs(os.path.join(n.folder, part))
            self._write(n, "config.xml", node_config(n, self.nodes, self.keepers))
            self._write(n, "users.xml", USERS)

    @staticmethod
    def _write(process, name, text):
        with open(os.path.join(process.folder, name), "w", encoding="ascii") as f:
            f.write(text)

    def node(self, number):
        return self.nodes[number]

    def __enter__(self):
        try:
            for k in self.keepers:
                k.start()
            for k in self.keepers:
                wait_until(k.ready, f"ZooKeeper in {k.folder}")
            for n in self.nodes:
                n.start()
            for n in self.nodes:
                n.wait()
            if self.keepers:
                # 18.16 crashes (ZooKeeper::createImpl) where ON CLUSTER comes before its
                # worker's own first look at ZooKeeper.
                time.sleep(2)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *error):
        for p in self.nodes + self.keepers:
            p.kill()
