"""
measure.py: clocks, medians and tables for the benchmarks.

Wall time is the client's.  CPU is what the session's server process used, from
/proc/PID/schedstat (nanoseconds; exact while the process waits for its next
command) or, where the kernel has none, from /proc/PID/stat (hundredths of a
second).  It is known only if the server runs on the same machine, else NaN.
"""

import math
import os
import statistics
import time

from server import proc


def cpu_seconds(pid):
    """CPU that a server process has used so far."""
    text = proc(pid, "schedstat")
    if text and int(text.split()[0]) > 0:
        return int(text.split()[0]) / 1e9
    text = proc(pid, "stat")
    if text:
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return math.nan


class Cost:
    """Wall and CPU seconds that pieces of work in a session took, added up."""

    def __init__(self):
        self.wall = self.cpu = 0.0

    def add(self, session, work):
        """Does work() and adds what it took."""
        cpu, wall = cpu_seconds(session.pid), time.perf_counter()
        result = work()
        self.wall += time.perf_counter() - wall
        self.cpu += cpu_seconds(session.pid) - cpu
        return result


def median(values):
    """The median; NaN if there is none."""
    values = [value for value in values if not math.isnan(value)]
    return statistics.median(values) if values else math.nan


def spread(values):
    """How noisy it was: half the distance of the quartiles, relative to the median."""
    values = sorted(value for value in values if not math.isnan(value))
    if len(values) < 4:
        return math.nan
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2 / statistics.median(values)


def ratio(values, base):
    """The ratio of two medians, and the median of the ratios round by round."""
    pairs = [a / b for a, b in zip(values, base) if b and not math.isnan(a / b)]
    return (median(values) / median(base) if median(base) else math.nan, median(pairs))


def percent(value):
    """A share as text; empty for NaN."""
    return "" if math.isnan(value) else f"{value:.0%}"


def table(header, rows):
    """Prints rows in columns, the first one to the left, the others to the right."""
    rows = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for number, row in enumerate(rows):
        print("  ".join(cell.rjust(width) if i else cell.ljust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def load():
    """The machine's load, to judge the numbers by."""
    try:
        return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"
    except OSError:
        return f"{os.cpu_count()} CPUs"
