"""What is measured, one function for each part of the report. Each adds rows to the report."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import contenders
from bed import CannotRun
from contenders import PAUSES_US, copied_slot, running_weir, weir_drain
from data_set import BEAT, DataSet

CODECS = (("weir", {}), ("weir, lz4", {"WEIR_KAFKA_COMPRESSION_TYPE": "lz4"}))
RATES = ((100, 1, 1), (1000, 4, 1), (10_000, 4, 10))  # changes a second, connections, rows in a transaction
STARTS = 5
LEAST_SHOWN = 0.001  # allocations per change


class Bench:
    def __init__(self, bed, programs, weir, rows, rounds, latency_seconds, report):
        self.bed, self.programs, self.weir = bed, programs, weir
        self.rows, self.rounds, self.latency_seconds = rows, rounds, latency_seconds
        self.report = report
        self.runs = 0

    def prefix(self):
        """A new one for each run, so that no stored position of another slot is in the way."""
        self.runs += 1
        return f"run{self.runs}"

    def say(self, text):
        print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)

    def program(self, name):
        return self.programs / f"bench_{name}"

    def attempt(self, what, action):
        """One run that fails is a line of the report; the others go on."""
        try:
            return action()
        except (CannotRun, subprocess.SubprocessError, OSError, ValueError, KeyError) as failure:
            self.report.failed(f"{what}: {failure}")
            self.say(f"FAILED {what}: {failure}")
            return None

    def add_drain(self, table, what, action, data):
        run = self.attempt(what, action)
        if run is None:
            return
        if run["rows"] != data.rows:
            self.report.failed(f"{what}: {run['rows']} records for {data.rows} rows")
        run["from_start"] = data.in_one_transaction
        self.report.add(table, run, data.rows)
        self.say(self.report.line(run, data.rows))

    # Parts

    def drains(self):
        """Copies of one slot, in turn and alternated; then what needs a run of its own."""
        data = DataSet(self.bed.postgres, "t1", "p", "base", self.rows, in_one_transaction=False)
        self.say(f"loading {self.rows} rows in {self.rows // 500} transactions")
        data.load()
        if self.weir:
            self.attempt("warm-up", lambda: self.say(self.report.line({**weir_drain(
                self.bed, data, self.weir, self.prefix(), "warm-up, not counted"), "from_start": True}, data.rows)))
        for _ in range(self.rounds):
            self.round("drain", data, PAUSES_US)
        if self.weir:
            self.attempt("allocations", lambda: self.allocations(data))
            self.attempt("system calls", lambda: self.system_calls(data))
            self.attempt("stop in a backlog", lambda: self.stop_within(data, "stop in a backlog"))
        data.drop()

    def one_transaction(self):
        data = DataSet(self.bed.postgres, "t1", "p", "base", self.rows, in_one_transaction=True)
        self.say(f"loading {self.rows} rows in one transaction")
        data.load()
        self.round("one transaction", data, (200,))
        if self.weir:
            self.attempt("stop in a transaction", lambda: self.stop_within(data, "stop in one large transaction"))
        data.drop()

    def round(self, table, data, pauses):
        postgres = self.bed.postgres
        self.add_drain(table, "pg_recvlogical", lambda: contenders.pg_recvlogical(self.bed, data), data)
        for pause in pauses:
            self.add_drain(table, f"paced reader {pause}", lambda pause=pause: contenders.paced_reader(
                self.bed, data, self.program("paced_reader"), pause), data)
        for name, settings in CODECS if self.weir else ():
            self.add_drain(table, name, lambda name=name, settings=settings: weir_drain(
                self.bed, data, self.weir, self.prefix(), name, settings), data)
        postgres.sql("checkpoint")

    def allocations(self, data):
        out = self.bed.folder / "allocations.json"
        weir_drain(self.bed, data, self.weir, self.prefix(), "weir, counted", environment={
            "LD_PRELOAD": str(self.programs / "libbench_count_allocations.so"), "COUNT_ALLOCATIONS": str(out)})
        counts = json.loads(out.read_text())
        for owner, figures in sorted(counts.items(), key=lambda item: -item[1]["calls"]):
            if figures["calls"] < data.rows * LEAST_SHOWN:
                continue
            self.report.fact("allocations per change", "weir's own code" if owner == "program" else owner,
                             f"{figures['calls'] / data.rows:.3f} ({figures['bytes'] / data.rows:.0f} B)")

    def system_calls(self, data):
        strace = shutil.which("strace")
        if strace is None:
            self.report.fact("system calls per change", "all", "strace is not installed")
            return
        out = self.bed.folder / "strace"
        # -D: strace is the child, weir stays ours.
        weir_drain(self.bed, data, self.weir, self.prefix(), "weir, traced",
                   wrapper=(strace, "-D", "-c", "-f", "-o", str(out)))
        self.wait_for_content(out)
        counts = {}
        for line in out.read_text().splitlines():
            words = line.split()
            if len(words) >= 5 and words[0][0].isdigit() and words[3].isdigit():
                counts[words[-1]] = int(words[3])
        total = counts.pop("total", sum(counts.values()))
        self.report.fact("system calls per change", "all", f"{total / data.rows:.4f}")
        for name, count in sorted(counts.items(), key=lambda item: -item[1])[:6]:
            self.report.fact("system calls per change", name, f"{count / data.rows:.4f}")

    @staticmethod
    def wait_for_content(path, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (path.exists() and "total" in path.read_text()):
            time.sleep(0.05)

    def stop_within(self, data, what):
        """SIGTERM as soon as records arrive."""
        prefix = self.prefix()
        topic = f"{prefix}.public.{data.table}"
        self.bed.kafka.create(topic)
        with copied_slot(self.bed.postgres, data.slot, prefix), \
                running_weir(self.bed, self.weir, prefix, data.publication, prefix) as weir:
            self.bed.kafka.ask("count", topic=topic, rows=1, seconds=60)
            self.report.fact("start and stop", what, f"{weir.stop() * 1000:.0f} ms")

    def starts(self):
        """An idle slot that exists, and a broker that has seen a producer."""
        postgres = self.bed.postgres
        if not self.weir:
            return
        postgres.sql("create table if not exists quiet(id int primary key); create publication quiet for table quiet")
        ready, stopped = [], []
        for _ in range(STARTS):
            prefix = self.prefix()
            postgres.sql(f"select pg_create_logical_replication_slot('{prefix}', 'pgoutput')")
            with running_weir(self.bed, self.weir, prefix, "quiet", prefix) as weir:
                ready.append(self.attempt("start", weir.seconds_to_ready))
                stopped.append(self.attempt("stop", weir.stop))
            postgres.drop_slot(prefix)
        postgres.sql("drop publication quiet; drop table quiet")
        for what, values in (("start, process to ready", ready), ("stop, idle", stopped)):
            measured = sorted(value * 1000 for value in values if value is not None)
            if measured:
                self.report.fact("start and stop", what,
                                 f"{measured[len(measured) // 2]:.0f} ms ({measured[0]:.0f} to {measured[-1]:.0f})")

    def own_code(self):
        """Decoder, encoder, lane and ledger without a socket: what is left when everything else is perfect."""
        done = subprocess.run([self.program("hot_path"), "--rows", str(self.rows)], capture_output=True, text=True,
                              check=True)
        said = json.loads(done.stdout)
        self.report.fact("weir's own code, without a socket", "processor time per change",
                         f"{said['ns_per_change']} ns")
        self.report.fact("weir's own code, without a socket", "bytes charged per record",
                         str(said["bytes_per_record"]))

    def latencies(self):
        self.bed.postgres.sql(BEAT)
        for rate, connections, rows in RATES:
            for name, pipe in (("reader alone", self.reader_alone), ("least pipe", self.least_pipe),
                               ("weir", self.through_weir)):
                if name == "weir" and not self.weir:
                    continue
                measured = self.attempt(f"{name} at {rate}/s", lambda pipe=pipe: pipe(rate, connections, rows))
                if measured:
                    self.report.add_latency(rate, name, measured)
                    self.say(f"{name} at {rate}/s: {measured}")
        self.bed.postgres.sql("drop publication beat; drop table beat")

    def inserters(self, rate, connections, rows):
        """Started now, first insert in half a second, interleaved. Returns them and how many rows they write."""
        each = rate // connections // rows
        transactions = int(each * self.latency_seconds)
        started = [subprocess.Popen([
            self.program("inserter"), "--conninfo", self.bed.postgres.conninfo(), "--rate", str(each), "--rows",
            str(rows), "--transactions", str(transactions), "--phase",
            str(500_000 + 1_000_000 // each * number // connections)
        ], stdout=subprocess.PIPE, text=True) for number in range(connections)]
        return started, transactions * connections * rows

    def insert(self, rate, connections, rows):
        started, count = self.inserters(rate, connections, rows)
        said = [json.loads(one.communicate(timeout=self.latency_seconds * 10 + 30)[0]) for one in started]
        return count, {"inserted": sum(one["rows"] for one in said) / max(one["seconds"] for one in said),
                       "commit": max((one["commit"] for one in said), key=lambda commit: commit["p99"])}

    def expected_rows(self, rate, connections, rows):
        return int(rate // connections // rows * self.latency_seconds) * connections * rows

    def with_reader(self, rate, connections, rows, extra):
        name = self.prefix()
        self.bed.postgres.sql(f"select pg_create_logical_replication_slot('{name}', 'pgoutput')")
        reader = subprocess.Popen([
            self.program("paced_reader"), "--conninfo", self.bed.postgres.conninfo(), "--slot", name, "--publication",
            "beat", "--rows", str(self.expected_rows(rate, connections, rows)), "--latency", "1", *extra
        ], stdout=subprocess.PIPE, text=True)
        try:
            _, inserted = self.insert(rate, connections, rows)
            said = json.loads(reader.communicate(timeout=30)[0])
        finally:
            if reader.poll() is None:
                reader.kill()
                reader.wait()
            self.bed.postgres.drop_slot(name)
        return inserted, said

    def reader_alone(self, rate, connections, rows):
        inserted, said = self.with_reader(rate, connections, rows, [])
        return {**inserted, "since_insert": said["latency"], "since_commit": None}

    def least_pipe(self, rate, connections, rows):
        topic = self.prefix()
        self.bed.kafka.create(topic)
        consumer = self.consumer(topic, self.expected_rows(rate, connections, rows))
        try:
            inserted, _ = self.with_reader(rate, connections, rows, ["--brokers", self.bed.kafka.brokers, "--topic",
                                                                     topic])
            return {**inserted, **self.arrivals(consumer, self.expected_rows(rate, connections, rows))}
        finally:
            contenders.stop(consumer, signal.SIGKILL)

    def through_weir(self, rate, connections, rows):
        prefix, count = self.prefix(), self.expected_rows(rate, connections, rows)
        topic = f"{prefix}.public.beat"
        self.bed.kafka.create(topic)
        self.bed.postgres.sql(f"select pg_create_logical_replication_slot('{prefix}', 'pgoutput')")
        consumer = self.consumer(topic, count)
        try:
            with running_weir(self.bed, self.weir, prefix, "beat", prefix) as weir:
                weir.seconds_to_ready()
                _, inserted = self.insert(rate, connections, rows)
                measured = {**inserted, **self.arrivals(consumer, count), "client": self.cores(weir)}
                weir.stop()
            return measured
        finally:
            contenders.stop(consumer, signal.SIGKILL)
            self.bed.postgres.drop_slot(prefix)

    def cores(self, weir):
        used = contenders.threads_of(weir.process.pid)
        return round(sum(one.total for one in used.values()) / (time.monotonic() - weir.began), 3)

    def consumer(self, topic, rows):
        return subprocess.Popen(self.bed.kafka.meter_command("latency", topic=topic, rows=rows,
                                                             seconds=self.latency_seconds * 10 + 60),
                                stdout=subprocess.PIPE, text=True)

    def arrivals(self, consumer, rows):
        said = json.loads(consumer.communicate(timeout=60)[0])
        if said["rows"] != rows:
            raise CannotRun(f"{said['rows']} of {rows} records arrived")
        return {"since_insert": said["since_insert"], "since_commit": said["since_commit"]}


def weir_binary(build):
    path = Path(os.environ.get("WEIR", build / "app" / "weir"))
    return path if path.exists() else None
