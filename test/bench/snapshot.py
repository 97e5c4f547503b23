"""Rows that exist: weir's snapshot beside plain COPY TO STDOUT over as many connections, to nothing."""

import json
import os
import subprocess
import time

from bed import CannotRun, free_port, tail_of

CONNECTIONS = 2
ROWS_OF_TABLE = """
create table snap(id bigint primary key, name text, amount numeric, at timestamptz, note text);
insert into snap select n, 'row ' || n, n / 7.0, now(), md5(n::text) || md5((-n)::text) from generate_series(1, {rows}) n;
vacuum (freeze, analyze) snap;
create publication snap for table snap;
"""


def ended(process, what, log):
    """Waits for a process; its wall time, processor seconds and peak memory."""
    began = time.monotonic()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise CannotRun(f"{what} ended with {process.returncode}:\n{tail_of(log)}")
    return {"seconds": time.monotonic() - began, "processor": used.ru_utime + used.ru_stime,
            "peak_mib": used.ru_maxrss // 1024}


def copy(bench):
    """As many sessions as weir has, each with its share of the blocks."""
    postgres = bench.bed.postgres
    blocks = int(postgres.sql("select relpages from pg_class where relname = 'snap'")) + 1
    cuts = [blocks * n // CONNECTIONS for n in range(CONNECTIONS + 1)]
    log = bench.bed.folder / "copy.log"
    began = time.monotonic()
    readers = [subprocess.Popen(
        [postgres.bin / "psql", "-Xq", "-d", postgres.conninfo(), "-c",
         f"copy (select * from snap where ctid >= '({cuts[n]},0)' and ctid < '({cuts[n + 1]},0)') to stdout"],
        stdout=subprocess.DEVNULL, stderr=log.open("w")) for n in range(CONNECTIONS)]
    all_of_them = [ended(each, "COPY", log) for each in readers]
    return {"seconds": time.monotonic() - began, "processor": sum(each["processor"] for each in all_of_them),
            "peak_mib": max(each["peak_mib"] for each in all_of_them)}


def weir(bench, sink):
    """From the plan to the last report, by the times in its log; processor and memory of the whole process."""
    prefix = bench.prefix()
    log = bench.bed.folder / f"{prefix}.log"
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("WEIR_", "PG"))} | {
        "PGHOST": "127.0.0.1", "PGPORT": str(bench.bed.postgres.port), "PGUSER": "postgres", "PGDATABASE": "bench",
        "WEIR_SLOT": prefix, "WEIR_PUBLICATION": "snap", "WEIR_TOPIC_PREFIX": prefix, "WEIR_LOG_FORMAT": "json",
        "WEIR_HTTP": f"127.0.0.1:{free_port()}", "WEIR_SNAPSHOT": "only", "WEIR_SNAPSHOT_CONNECTIONS": str(CONNECTIONS)}
    settings |= ({"WEIR_BROKERS": bench.bed.kafka.brokers} if sink == "Kafka" else
                 {"WEIR_SINK": "stdout", "WEIR_STATE": "none"})
    process = subprocess.Popen([bench.weir], env=settings, stdout=subprocess.DEVNULL, stderr=log.open("w"))
    figures = ended(process, "weir", log)
    bench.bed.postgres.drop_slot(prefix)
    at = {}
    for line in log.read_text().splitlines():
        said = json.loads(line)
        for word in ("begins", "is done"):
            if said["message"].startswith(("a snapshot at", "the snapshot at")) and word in said["message"]:
                at[word] = said["time"]
    seconds = [time.mktime(time.strptime(at[word][:19], "%Y-%m-%dT%H:%M:%S")) + float(at[word][19:-1])
               for word in ("begins", "is done")]
    return figures | {"seconds": seconds[1] - seconds[0]}


def run(bench):
    bench.say(f"loading {bench.rows} rows for the snapshot")
    bench.bed.postgres.sql(ROWS_OF_TABLE.format(rows=bench.rows))
    best = {}
    for _ in range(bench.rounds):
        for name, action in ((f"COPY, {CONNECTIONS} sessions", lambda: copy(bench)),
                             ("weir to nothing", lambda: weir(bench, "stdout")),
                             ("weir to Kafka", lambda: weir(bench, "Kafka"))):
            figures = bench.attempt(f"snapshot, {name}", action)
            if figures is None:
                continue
            rate = bench.rows / figures["seconds"]
            bench.say(f"{name}: {rate:,.0f} rows/s, {figures['processor']:.2f} s of processor, "
                      f"peak {figures['peak_mib']} MiB")
            if rate > best.get(name, (0, None))[0]:
                best[name] = (rate, figures)
    floor = best.get(f"COPY, {CONNECTIONS} sessions", (None, None))[0]
    for name, (rate, figures) in best.items():
        bench.report.fact("snapshot", name,
                          f"{rate:,.0f} rows/s{f', {rate / floor:.2f} of COPY' if floor else ''}, processor "
                          f"{figures['processor'] / bench.rows * 1e6:.2f} s per million, peak {figures['peak_mib']} MiB")
    bench.bed.postgres.sql("drop publication snap; drop table snap")
