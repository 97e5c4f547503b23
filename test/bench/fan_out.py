"""Several targets: what three with a filter each cost, and what a target that is blocked costs the others."""

import json

from contenders import weir_drain
from data_set import DataSet

ONE_THIRD = [("first", "new.id % 3 == 0"), ("second", "new.id % 3 == 1"), ("third", "new.id % 3 == 2")]
ALL_TO_EACH = [("first", "new.id > 0"), ("second", "new.a >= 0"), ("third", "op != 'd' && new.id > 0")]
# Everything must fit into the budget while nothing of the blocked target leaves.
ROOMY = {"WEIR_MEMORY": "1GiB", "WEIR_HANG_UP_AFTER": "1h", "WEIR_STALL_AFTER": "10m", "WEIR_STOP_TIMEOUT": "2s"}


def document(filters, table):
    """The first target writes the topic that the meter counts."""
    topics = {"first": "{prefix}.public.{table}", "second": "{prefix}.second", "third": "{prefix}.third"}
    return json.dumps({
        "listeners": [{"name": name, "tables": [f"public.{table}"], "filter": text, "targets": [name]}
                      for name, text in filters],
        "targets": [{"name": name, "topic": topics[name]} for name, _ in filters]})


def run(bench):
    data = DataSet(bench.bed.postgres, "t1", "p", "base", bench.rows, in_one_transaction=False)
    bench.say(f"loading {bench.rows} rows for the fan-out")
    data.load()
    table = "fan-out"

    def drain(name, filters=None, expected=None, settings=None, blocked=False):
        prefix = bench.prefix()
        more = dict(settings or {})
        if blocked:
            # The second target's topic is missing and may not be made: its records wait for it.
            more["WEIR_CREATE"] = "off"
            for topic in ("third", "state", "dead-letters"):
                bench.bed.kafka.create(f"{prefix}.{topic}")
        if filters:
            more["WEIR_CONFIG"] = document(filters, data.table)
        run_of = bench.attempt(name, lambda: weir_drain(bench.bed, data, bench.weir, prefix, name, more,
                                                        expected=expected, stuck=blocked))
        if run_of is None:
            return
        wanted = expected or data.rows
        if run_of["rows"] != wanted:
            bench.report.failed(f"{name}: {run_of['rows']} records in the first topic, {wanted} expected")
        # Rates are of rows read, wherever they went.
        run_of["measured_rows"] = run_of["measured_rows"] * data.rows // wanted
        run_of["from_start"] = False
        bench.report.add(table, run_of, data.rows)
        bench.say(bench.report.line(run_of, data.rows))

    for _ in range(bench.rounds):
        drain("weir, 1 target")
        drain("weir, 3 targets, a third each", ONE_THIRD, expected=data.rows // 3)
        drain("weir, 3 targets, all to each", ALL_TO_EACH)
        drain("weir, 3 targets, roomy", ALL_TO_EACH, settings=ROOMY)
        drain("weir, 3 targets, one blocked", ALL_TO_EACH, settings=ROOMY, blocked=True)
    best = {}
    for one in bench.report.drains.get(table, {}).get("runs", []):
        best[one["name"]] = max(best.get(one["name"], 0), one["measured_rows"] / one["seconds"])
    plain = best.get("weir, 1 target")
    for name, rate in best.items():
        if plain:
            bench.report.fact("fan-out", f"{name}, of one target", f"{rate / plain:.2f}")
    data.drop()
