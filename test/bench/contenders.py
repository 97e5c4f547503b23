"""Those that drain a slot: each returns the figures of one run."""

import contextlib
import json
import os
import signal
import subprocess
import time

import http.client

from bed import CannotRun, free_port, stop, tail_of
from meter import Watch, threads_of

SAMPLE_INTERVAL_S = 0.05
LONGEST_RUN_S = 300
PAUSES_US = (0, 100, 200, 300)


@contextlib.contextmanager
def copied_slot(postgres, of, name):
    postgres.copy_slot(of, name)
    try:
        yield name
    except BaseException:
        with contextlib.suppress(CannotRun):  # what went wrong before is what matters
            postgres.drop_slot(name)
        raise
    postgres.drop_slot(name)


def follow(process, watch, seconds=LONGEST_RUN_S):
    """Samples until the process has ended; leaves it to be waited for, so that its own figures stay readable."""
    end = time.monotonic() + seconds
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > end:
            process.kill()
            raise CannotRun(f"{process.args[0]} did not end within {seconds} s")
        watch.sample()
        time.sleep(SAMPLE_INTERVAL_S)


def run_reader(bed, data, words, name):
    """A reader that ends by itself; it prints JSON or nothing."""
    with copied_slot(bed.postgres, data.slot, "run"):
        began = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watch = Watch(bed, process.pid)
        follow(process, watch)
        ended = time.monotonic()
        figures = watch.figures()  # of the zombie: its processor time, to the last tick
        out, errors = process.communicate()
        if process.returncode != 0:
            raise CannotRun(f"{name}: {errors.strip()}")
    said = json.loads(out) if out else {"rows": data.rows}
    seconds = said["last"] - said["first"] if "last" in said else ended - began
    whole = (said["last"] if "last" in said else ended) - began
    return {"name": name, "seconds": seconds, "whole": whole, "rows": said["rows"], **figures}


def pg_recvlogical(bed, data):
    return run_reader(bed, data, [
        bed.postgres.bin / "pg_recvlogical", "-d", bed.postgres.conninfo(), "-S", "run", "--start", "-f", "/dev/null",
        "-o", "proto_version=1", "-o", f"publication_names={data.publication}", f"--endpos={data.end}"
    ], "pg_recvlogical")


def paced_reader(bed, data, program, pause):
    return run_reader(bed, data, [
        program, "--conninfo", bed.postgres.conninfo(), "--slot", "run", "--publication", data.publication,
        "--rows", str(data.rows), "--pause", str(pause)
    ], f"paced reader, {pause} us")


class Weir:
    """One process of weir, on a slot of its own."""

    def __init__(self, bed, binary, slot, publication, prefix, settings=None, wrapper=(), environment=None):
        self.bed, self.prefix = bed, prefix
        self.http = free_port()
        self.log = bed.folder / f"{prefix}.log"
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("WEIR_", "PG"))}
        ours |= {
            "PGHOST": "127.0.0.1", "PGPORT": str(bed.postgres.port), "PGUSER": "postgres", "PGDATABASE": "bench",
            "WEIR_SLOT": slot, "WEIR_PUBLICATION": publication, "WEIR_BROKERS": bed.kafka.brokers,
            "WEIR_TOPIC_PREFIX": prefix, "WEIR_HTTP": f"127.0.0.1:{self.http}", "WEIR_LOG_FORMAT": "json",
            "WEIR_SNAPSHOT": "never",
            **(settings or {}), **(environment or {})
        }
        self.began = time.monotonic()
        self.process = subprocess.Popen([*wrapper, str(binary)], env=ours, stdout=self.log.open("w"),
                                        stderr=subprocess.STDOUT)

    def topic(self, table):
        return f"{self.prefix}.public.{table}"

    def get(self, path):
        """Status and body; None while nobody answers."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=5)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return None

    def seconds_to_ready(self, patience=20):
        while time.monotonic() - self.began < patience:
            answer = self.get("/ready")
            if answer and answer[0] == 200:
                return time.monotonic() - self.began
            self.expect_alive()
            time.sleep(0.002)
        raise CannotRun(f"weir was not ready within {patience} s:\n{tail_of(self.log)}")

    def expect_alive(self):
        if self.process.poll() is not None:
            raise CannotRun(f"weir ended with {self.process.returncode}:\n{tail_of(self.log)}")

    def stop(self):
        """SIGTERM; seconds until it was gone. Any exit code but 0 is a failure of the bench."""
        self.expect_alive()
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(30)
        if self.process.returncode != 0:
            raise CannotRun(f"weir ended with {self.process.returncode} after SIGTERM:\n{tail_of(self.log)}")
        return time.monotonic() - began

    def kill(self):
        stop(self.process, signal.SIGKILL)


@contextlib.contextmanager
def running_weir(*words, **options):
    weir = Weir(*words, **options)
    try:
        yield weir
    finally:
        weir.kill()


def wait_for(process, weir, watch):
    """The meter's answer, sampling meanwhile."""
    end = time.monotonic() + LONGEST_RUN_S
    while process.poll() is None:
        weir.expect_alive()
        if time.monotonic() > end:
            process.kill()
            raise CannotRun(f"weir did not finish within {LONGEST_RUN_S} s:\n{tail_of(weir.log)}")
        watch.sample()
        time.sleep(SAMPLE_INTERVAL_S)
    return json.loads(process.stdout.read())


def wait_confirmed(bed, slot, position, seconds=15):
    """How long until the server was told; None when it was not within the time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if bed.postgres.confirmed(slot, position):
            return round(time.monotonic() - began, 2)
        time.sleep(0.05)
    return None


def weir_drain(bed, data, binary, prefix, name, settings=None, wrapper=(), environment=None, expected=None, stuck=False):
    """Drains a copy of the slot into the broker; `expected` records, else `data.rows`, are what the table's topic must
    hold afterwards. A wrapper must keep weir in its own process. One that is `stuck` on another topic never confirms
    and is killed."""
    topic = f"{prefix}.public.{data.table}"
    bed.kafka.create(topic)
    with copied_slot(bed.postgres, data.slot, prefix):
        counting = subprocess.Popen(
            bed.kafka.meter_command("count", topic=topic, rows=expected or data.rows, seconds=LONGEST_RUN_S),
            stdout=subprocess.PIPE, text=True)
        with running_weir(bed, binary, prefix, data.publication, prefix, settings, wrapper, environment) as weir:
            try:
                watch = Watch(bed, weir.process.pid)
                said = wait_for(counting, weir, watch)
                figures = watch.figures()
                confirmed = None if stuck else wait_confirmed(bed, prefix, data.end)
                stopped = 0 if stuck else weir.stop()
            finally:
                stop(counting, signal.SIGKILL)
    bed.kafka.delete(topic)
    seconds = max(said["last"] - said["first"], 0.001)
    return {"name": name, "seconds": seconds, "whole": said["last"] - weir.began, "rows": said["rows"],
            "measured_rows": said["rows"] - said["in_first"], "confirmed_after": confirmed,
            "stop": round(stopped, 3), **figures}
