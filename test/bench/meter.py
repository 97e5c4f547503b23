"""Processor time and memory of processes, read from /proc while they run."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
MEBIBYTE = 1024 * 1024


class Cpu:
    """Seconds of a process or thread, user and system apart."""

    def __init__(self, user=0.0, system=0.0):
        self.user, self.system = user, system

    @property
    def total(self):
        return self.user + self.system

    def __add__(self, other):
        return Cpu(self.user + other.user, self.system + other.system)

    def __sub__(self, other):
        return Cpu(self.user - other.user, self.system - other.system)

    def json(self):
        return {"user": round(self.user, 2), "system": round(self.system, 2)}


def cpu_of(stat_file):
    """None when the process or thread is gone."""
    try:
        fields = Path(stat_file).read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return Cpu(int(fields[11]) / TICKS, int(fields[12]) / TICKS)


def threads_of(pid):
    """Processor time by kind of thread: the loop is the main thread, librdkafka names its own."""
    kinds = {"loop": Cpu(), "librdkafka": Cpu(), "other": Cpu()}
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return None
    for task in tasks:
        used = cpu_of(task / "stat")
        if used is None:
            continue
        try:
            name = (task / "comm").read_text()
        except OSError:
            continue
        kind = "loop" if task.name == str(pid) else "librdkafka" if name.startswith("rdk:") else "other"
        kinds[kind] += used
    return kinds


def peak_memory(pid):
    """VmHWM in MiB; 0 when the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    return 0


def machine_busy():
    """Seconds that all processors together were busy since the start of the machine."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


class Watch:
    """Samples client, walsender and broker; keeps what was last seen of those that end."""

    def __init__(self, bed, client=None):
        self.bed, self.client = bed, client
        self.walsender, self.walsender_pid = Cpu(), None
        self.threads, self.peak = {}, 0
        self.broker_before = self._broker()
        self.busy_before = machine_busy()

    def _broker(self):
        return cpu_of(f"/proc/{self.bed.kafka.process.pid}/stat")

    def sample(self):
        if self.walsender_pid is None:
            self.walsender_pid = self.bed.postgres.walsender()
        if self.walsender_pid is not None:
            self.walsender = cpu_of(f"/proc/{self.walsender_pid}/stat") or self.walsender
        if self.client is not None:
            self.threads = threads_of(self.client) or self.threads
            self.peak = max(self.peak, peak_memory(self.client))

    def figures(self):
        """To be asked while the client still lives."""
        self.sample()
        client = sum(self.threads.values(), Cpu())
        broker = self._broker() - self.broker_before
        busy = machine_busy() - self.busy_before
        return {
            "client": client.json(),
            "threads": {kind: used.json() for kind, used in self.threads.items() if used.total > 0},
            "walsender": self.walsender.json(),
            "broker": broker.json(),
            "peak_mib": self.peak,
            "foreign": round(max(0.0, busy - client.total - broker.total - self.walsender.total), 1),
        }
