"""The figures of one bench as Markdown and JSON."""

import json
import platform
import statistics
import time


def per_million(figures, rows):
    return (figures["user"] + figures["system"]) * 1_000_000 / rows


def split(figures, rows):
    scale = 1_000_000 / rows
    return f"{figures['user'] * scale:.2f}+{figures['system'] * scale:.2f}"


def rate_of(run, rows):
    """Rows a second from the first record to the last. A large transaction arrives only after the server has read it
    whole, so there the start counts."""
    if run["from_start"]:
        return rows / run["whole"]
    return run.get("measured_rows", rows) / run["seconds"]


def table(header, lines):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for line in lines:
        yield "| " + " | ".join(str(cell) for cell in line) + " |"


class Report:
    def __init__(self):
        self.drains, self.facts, self.latencies, self.failures = {}, {}, [], []
        self.began = time.strftime("%Y-%m-%d %H:%M:%S %Z")

    def add(self, name, run, rows):
        self.drains.setdefault(name, {"rows": rows, "runs": []})["runs"].append(run)

    def add_latency(self, rate, name, measured):
        self.latencies.append({"rate": rate, "name": name, **measured})

    def fact(self, group, name, value):
        self.facts.setdefault(group, []).append((name, value))
        print(f"  {group}: {name}: {value}", flush=True)

    def failed(self, sentence):
        self.failures.append(sentence)

    def line(self, run, rows):
        return (f"{run['name']}: {rate_of(run, rows):,.0f} rows/s, client {split(run['client'], rows)} s/million, "
                f"walsender {split(run['walsender'], rows)}, broker {split(run['broker'], rows)}, "
                f"peak {run['peak_mib']} MiB, foreign {run['foreign']} s")

    def ratios(self, part):
        """Best run of each contender against pg_recvlogical's best and the best paced reader."""
        rows, best = part["rows"], {}
        for run in part["runs"]:
            if run["name"] not in best or rate_of(run, rows) > rate_of(best[run["name"]], rows):
                best[run["name"]] = run
        rates = {name: rate_of(run, rows) for name, run in best.items()}
        floor = max((rate for name, rate in rates.items() if name.startswith("paced")), default=None)
        plain = rates.get("pg_recvlogical")
        for name, run in best.items():
            all_runs = [rate_of(one, rows) for one in part["runs"] if one["name"] == name]
            yield (name, f"{rates[name]:,.0f}", f"{statistics.median(all_runs):,.0f}",
                   f"{rates[name] / plain:.2f}" if plain else "-", f"{rates[name] / floor:.2f}" if floor else "-",
                   f"{per_million(run['client'], rows):.2f}", f"{per_million(run['walsender'], rows):.2f}",
                   f"{per_million(run['broker'], rows):.2f}", run["peak_mib"])

    def runs(self, part):
        rows = part["rows"]
        for run in part["runs"]:
            threads = run["threads"]
            yield (run["name"], f"{run['seconds']:.2f}", f"{run['whole']:.2f}", f"{rate_of(run, rows):,.0f}",
                   split(run["client"], rows), *(split(threads[kind], rows) if kind in threads else "-"
                                                 for kind in ("loop", "librdkafka", "other")),
                   split(run["walsender"], rows), split(run["broker"], rows), run["peak_mib"], run["foreign"],
                   run.get("confirmed_after", "-"), run.get("stop", "-"))

    def latency_rows(self):
        for one in self.latencies:
            shown = [f"{one[kind]['p50']:.2f} / {one[kind]['p99']:.2f} / {one[kind]['max']:.1f}" if one.get(kind) else "-"
                     for kind in ("since_insert", "since_commit", "commit")]
            yield (f"{one['rate']:,}", one["name"], f"{one['inserted']:,.0f}", *shown, one.get("client", "-"))

    def markdown(self):
        yield f"# Bench of {self.began}"
        yield ""
        yield (f"{platform.machine()}, {platform.system()} {platform.release()}. Processor seconds are per million "
               "changes, user+system. `foreign`: seconds that the machine was busy with something else, the meter "
               "included; a wall time is worth something only where that is small.")
        yield ("Rates are from the first row to the last; pg_recvlogical's, and all of one large transaction's, from the "
               "start of the process.")
        for name, part in self.drains.items():
            yield ""
            yield f"## {name}: {part['rows']:,} rows"
            yield ""
            yield from table(("contender", "best rows/s", "median rows/s", "of pg_recvlogical", "of the best paced reader",
                              "client s", "walsender s", "broker s", "peak MiB"), self.ratios(part))
            yield ""
            yield from table(("run", "first to last s", "start to last s", "rows/s", "client", "loop", "librdkafka",
                              "other threads", "walsender", "broker", "peak MiB", "foreign s", "confirmed after s",
                              "stop s"), self.runs(part))
        if self.latencies:
            yield ""
            yield "## Latency, ms: p50 / p99 / max"
            yield ""
            yield ("From the insert (clock_timestamp() in the row) and from the commit's time stamp, which is taken "
                   "before the WAL is on the disk, to a consumer of the topic (the reader alone: to the reader). A "
                   "consumer sees a record once the broker has acknowledged it, so this bounds commit to "
                   "acknowledgement from above.")
            yield ""
            yield from table(("changes/s", "through", "inserted/s", "since insert", "since commit", "the commits themselves",
                              "client cores"), self.latency_rows())
        for group, facts in self.facts.items():
            yield ""
            yield f"## {group}"
            yield ""
            yield from table(("what", "value"), facts)
        if self.failures:
            yield ""
            yield "## Failed"
            yield ""
            for sentence in self.failures:
                yield f"- {sentence}"

    def write(self, path):
        text = "\n".join(self.markdown()) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.with_suffix(".json").write_text(json.dumps(
            {"began": self.began, "drains": self.drains, "latencies": self.latencies, "facts": self.facts,
             "failures": self.failures}, indent=1) + "\n")
        return text
