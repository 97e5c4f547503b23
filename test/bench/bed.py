"""Private servers on loopback for one bench: PostgreSQL and a single-node Kafka, in a folder that goes away."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTBED = Path(os.environ.get("TESTBED", REPOSITORY / ".bed"))
POSTGRES_VERSIONS = ("15", "16", "17", "18")

POSTGRES_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
wal_level = logical
shared_buffers = 256MB
max_wal_size = 8GB
min_wal_size = 1GB
checkpoint_timeout = 30min
max_replication_slots = 20
max_wal_senders = 20
"""

KAFKA_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/log
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=2097152
log.segment.delete.delay.ms=1000
"""
WARM_RECORDS = 3_000_000
KAFKA_CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"


class CannotRun(Exception):
    """Something that the bench needs is missing or does not start; the text says what to do."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process, how=signal.SIGTERM, patience=20):
    """Ends a process that we started and takes its exit status."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail_of(path, lines=5):
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


class Postgres:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.bin = next((p for v in POSTGRES_VERSIONS if (p := Path(f"/usr/lib/postgresql/{v}/bin")).exists()), None)
        if self.bin is None:
            raise CannotRun("no PostgreSQL server found: run deploy/install-dependencies --tests")
        self.data = folder / "data"
        folder.mkdir()
        self._as_user = []
        if os.geteuid() == 0:  # initdb refuses root
            user = pwd.getpwnam("nobody")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.process = None

    def start(self):
        environment = dict(os.environ, HOME=str(self.folder), LC_ALL="C")
        subprocess.run([*self._as_user, self.bin / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                        "-E", "UTF8", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, env=environment)
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(POSTGRES_SETTINGS.format(port=self.port, folder=self.folder))
        log = self.folder / "log"
        self.process = subprocess.Popen([*self._as_user, self.bin / "postgres", "-D", self.data], env=environment,
                                        stdout=log.open("w"), stderr=subprocess.STDOUT)
        for _ in range(200):
            if self._psql("postgres", "select 1").returncode == 0:
                break
            if self.process.poll() is not None:
                raise CannotRun(f"PostgreSQL ended:\n{tail_of(log)}")
            time.sleep(0.05)
        self.sql("create database bench", database="postgres")

    def _psql(self, database, text):
        return subprocess.run([self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(database)],
                              input=text, capture_output=True, text=True)

    def conninfo(self, database="bench"):
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def sql(self, text, database="bench"):
        done = self._psql(database, text)
        if done.returncode != 0:
            raise CannotRun(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def copy_slot(self, of, name):
        self.sql(f"select pg_copy_logical_replication_slot('{of}', '{name}')")

    def drop_slot(self, name):
        """A walsender whose client just left may still hold the slot."""
        for _ in range(100):
            if self._psql("bench", f"select pg_drop_replication_slot('{name}')").returncode == 0:
                return
            time.sleep(0.1)
        raise CannotRun(f"slot {name} cannot be dropped")

    def confirmed(self, slot, position):
        return self.sql(f"select confirmed_flush_lsn >= '{position}' from pg_replication_slots "
                        f"where slot_name = '{slot}'") == "t"

    def walsender(self):
        """The process id of the only walsender, or None."""
        for entry in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            try:
                if b"walsender" in Path(f"/proc/{entry}/cmdline").read_bytes():
                    return int(entry)
            except OSError:
                continue
        return None

    def stop(self):
        if self.process:
            stop(self.process, signal.SIGINT)


class Kafka:
    def __init__(self, folder, meter):
        self.folder = folder
        self.meter = meter
        self.port, self.controller = free_port(), free_port()
        self.jars = TESTBED / "kafka" / "lib"
        if not self.jars.exists():
            raise CannotRun(f"no Kafka in {self.jars}: run deploy/install-dependencies --tests")
        folder.mkdir()
        self.process = None

    @property
    def brokers(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        settings = self.folder / "server.properties"
        settings.write_text(KAFKA_SETTINGS.format(port=self.port, controller=self.controller, folder=self.folder))
        jars = f"{self.jars}/*"
        subprocess.run(["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", jars, "kafka.tools.StorageTool", "format",
                        "-t", KAFKA_CLUSTER, "-c", settings], check=True, capture_output=True)
        self.process = subprocess.Popen(
            ["java", "-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
             jars, "kafka.Kafka", settings], stdout=(self.folder / "out").open("w"), stderr=subprocess.STDOUT)
        self.ask("ready", seconds=30)
        # A broker that has just started spends several times the processor time, on compiling itself.
        self.create("warm")
        self.ask("warm", topic="warm", records=WARM_RECORDS)
        self.delete("warm")

    def ask(self, command, **options):
        """Runs the meter; its answer is JSON for `count` and `latency`."""
        done = subprocess.run(self.meter_command(command, **options), capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotRun(done.stderr.strip())
        return json.loads(done.stdout) if done.stdout else None

    def meter_command(self, command, **options):
        words = [str(self.meter), command, "--brokers", self.brokers]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        return words

    def create(self, topic):
        self.ask("create", topic=topic)

    def delete(self, topic):
        self.ask("delete", topic=topic)

    def stop(self):
        if self.process:
            stop(self.process)


class Bed:
    """Both servers, and the folder that holds everything."""

    def __init__(self, folder, meter):
        self.folder = Path(folder)
        self.folder.chmod(0o755)
        self.postgres = Postgres(self.folder / "postgres")
        self.kafka = Kafka(self.folder / "kafka", meter)

    def __enter__(self):
        try:
            self.postgres.start()
            self.kafka.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kafka.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
