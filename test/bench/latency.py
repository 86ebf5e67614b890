#!/usr/bin/env python3
"""
latency.py: the command-line client and other tools against a distant server.

    python3 test/bench/latency.py [--rounds 5] [--round-trip 20] [--migrations 100]
                                  [--many 1000 10000] [--tools NAME ...]
                                  [--path NAME=PROGRAM ...] [--seed 1]

Each tool gets the same random migrations in files of its own format, reaches the
server through latency_proxy.py, which makes a round trip cost 20 ms, and

    apply       applies 100 of them in an empty database
    no-op       is run again, with nothing to do
    one more    applies one migration more

Shown are, for each, the round trips of the connections (TCP's handshake,
startup, authentication), those after that, and all; and the median time of the
whole program, with its ratio to neon_migrate's.  The tools take turns, each
beginning a round in its turn.  After each run the schema has to be the same for
all.  neon_migrate also does "apply" and "no-op" with 1,000 and 10,000 migrations.

The bars: neon_migrate needs at most 6 round trips after the connection to apply
100 migrations, at most 3 for a no-op, and no more for 1,000 or 10,000; to apply,
it takes at most a tenth of dbmate's time.  The exit code is 1 if one is missed.

The tools are looked for in the path; "--path dbmate=/opt/bin/dbmate" names one.
Those that are not there are left out, and named.  See rivals.py for where they
come from; nothing is downloaded.

Server: the one of libpq's environment (PGHOST, ...; as superuser without
password), else a throw-away one; see server.py.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time

from latency_proxy import Proxy, server_address
from measure import load, median, percent, spread, table
from overhead import Schema
from rivals import BOOKKEEPING, TOOLS, NeonMigrate, Target
from server import CREATE_EXTENSION, PREFIX, Server

MOST_TRIPS = {"apply": 6, "no-op": 3}
TIMES_FASTER_THAN_DBMATE = 10
TIMEOUT = 1800

SCHEMA = f"""
SELECT md5(string_agg(format('%s %s %s', c.relkind, c.relname, a.columns), ';'
                      ORDER BY c.relname COLLATE "C"))
FROM pg_class AS c, LATERAL (
    SELECT string_agg(format('%s %s %s', attname, format_type(atttypid, atttypmod), attnotnull),
                      ',' ORDER BY attnum) AS columns
    FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS a
WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '{BOOKKEEPING}'"""


class Run:
    """What a run of a tool cost."""

    def __init__(self, seconds, counts):
        self.seconds = seconds
        self.connections = counts["connections"]
        self.connect_trips = counts["connect_round_trips"]
        self.trips = counts["round_trips"]
        self.total = counts["total_round_trips"]


def run_tool(tool, folder, target, proxy):
    """Runs the tool to its end; returns what it cost."""
    proxy.reset()
    began = time.perf_counter()
    with tool.start(folder, target) as process:
        output, _ = process.communicate(timeout=TIMEOUT)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise SystemExit(f"{tool.name} failed:\n{output[-3000:]}")
    return Run(seconds, proxy.counts())


class Bench:
    """The server, the proxy before it, and folders of migrations."""

    def __init__(self, server, proxy, scratch, seed):
        self.server = server
        self.proxy = proxy
        self.scratch = scratch
        self.seed = seed
        self.user = server.address()[2]
        self.schemas = {}           # by number of migrations: what the schema came to

    def migrations(self, count):
        """The first so many migrations; they are the same each time."""
        schema = Schema(self.seed)
        return [schema.migration(number) for number in range(count)]

    def cases(self, tool, count, one_more):
        """Runs the tool's cases with "count" migrations; returns their costs."""
        database = "latency"
        self.server.create_database(database, None, *(
            [CREATE_EXTENSION] if isinstance(tool, NeonMigrate) else []))
        target = Target(self.proxy.host, self.proxy.port, self.user, PREFIX + database)
        folder = os.path.join(self.scratch, "files")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        migrations = self.migrations(count + 1)
        costs = {}

        tool.write(folder, migrations[:-1], count)
        for case in ("apply", "no-op"):
            costs[case] = run_tool(tool, folder, target, self.proxy)
            self.check(tool, database, count)
        if one_more:
            tool.write(folder, migrations, 1)
            costs["one more"] = run_tool(tool, folder, target, self.proxy)
            self.check(tool, database, count + 1)
        return costs

    def check(self, tool, database, count):
        """The schema must be as every tool leaves it after so many migrations."""
        with self.server.connect(database) as session:
            schema = session.value(SCHEMA)
        if self.schemas.setdefault(count, schema) != schema:
            raise SystemExit(f"{tool.name} arrived at another schema after {count} migrations")


def rows_of(case, tools, costs, versions):
    """The rows of a case's table."""
    def times(tool):
        return [cost[case].seconds for cost in costs[tool.name]]

    ours = median(times(tools[0])) if isinstance(tools[0], NeonMigrate) else None
    rows = []
    for tool in tools:
        runs = [cost[case] for cost in costs[tool.name]]
        trips = [median([getattr(run, name) for run in runs])
                 for name in ("connections", "connect_trips", "trips", "total")]
        rows.append([f"{tool.name} {versions[tool.name]}", *(f"{value:g}" for value in trips),
                     f"{median(times(tool)):.3f}", percent(spread(times(tool))),
                     f"{median(times(tool)) / ours:.1f}" if ours else ""])
    return rows


def bar(text, value, limit):
    """Says whether a bar was met; returns whether it was."""
    met = value <= limit
    print(f"{text}: {value:g}, at most {limit:g}: {'met' if met else 'MISSED'}")
    return met


def check_bars(costs, many):
    """Judges neon_migrate's costs; returns whether all bars are met."""
    ours = costs.get(NeonMigrate.name)
    if not ours:
        print("neon_migrate is not there: no bars to judge")
        return True
    results = [bar(f"round trips, {case}", max(cost[case].trips for cost in ours), limit)
               for case, limit in MOST_TRIPS.items()]
    for count, runs in many.items():
        for case in MOST_TRIPS:
            results.append(bar(f"round trips, {case}, {count} migrations",
                               max(run[case].trips for run in runs),
                               max(cost[case].trips for cost in ours)))
    if "dbmate" in costs:
        shares = {name: median([cost["apply"].seconds for cost in costs[name]])
                  for name in (NeonMigrate.name, "dbmate")}
        results.append(bar("seconds to apply, with dbmate's tenth as the limit",
                           round(shares[NeonMigrate.name], 3),
                           round(shares["dbmate"] / TIMES_FASTER_THAN_DBMATE, 3)))
    return all(results)


def find_tools(names, paths):
    """The tools that are there, and the names of those that are not."""
    known = {tool.name: tool for tool in TOOLS}
    for name in [*names, *paths]:
        if name not in known:
            raise SystemExit(f"no tool is called \"{name}\"; there are {', '.join(known)}")
    tools = [tool(paths.get(name)) for name, tool in known.items() if name in (names or known)]
    return ([tool for tool in tools if tool.path],
            [tool.name for tool in tools if not tool.path])


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--round-trip", type=float, default=20, metavar="MS")
    parser.add_argument("--migrations", type=int, default=100)
    parser.add_argument("--many", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--many-rounds", type=int, default=1)
    parser.add_argument("--tools", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--path", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    """Runs the rounds and prints the tables."""
    args = arguments()
    tools, missing = find_tools(args.tools, dict(path.split("=", 1) for path in args.path))
    if missing:
        print(f"not there, and left out: {', '.join(missing)}")
    if not tools:
        raise SystemExit("there is no tool to run")
    versions = {tool.name: tool.version() for tool in tools}
    costs = {tool.name: [] for tool in tools}
    many = {}

    with Server(max_locks_per_transaction="1024") as server, \
            Proxy(server_address(*server.address()[:2]), args.round_trip / 1000) as proxy, \
            tempfile.TemporaryDirectory(prefix="neon_migrate_bench.") as scratch:
        bench = Bench(server, proxy, scratch, args.seed)
        print(f"{args.migrations} migrations, a round trip of {args.round_trip:g} ms, "
              f"{args.rounds} rounds; PostgreSQL {server.version}; {load()}", flush=True)
        for number in range(args.rounds):
            for position in range(len(tools)):
                tool = tools[(number + position) % len(tools)]
                costs[tool.name].append(bench.cases(tool, args.migrations, True))
        if isinstance(tools[0], NeonMigrate):
            for count in args.many:
                many[count] = [bench.cases(tools[0], count, False)
                               for _ in range(args.many_rounds)]
        print(f"afterwards: {load()}\n")

    header = ["connections", "their trips", "trips then", "all trips", "seconds", "+-", "ratio"]
    for case, title in (("apply", f"apply {args.migrations}"), ("no-op", "no-op"),
                        ("one more", "one more")):
        table([title, *header], rows_of(case, tools, costs, versions))
    for count, runs in many.items():
        table([f"neon_migrate, {count} migrations", *header[:5]],
              [[case, *(f"{median([getattr(run[case], name) for run in runs]):g}"
                        for name in ("connections", "connect_trips", "trips", "total")),
                f"{median([run[case].seconds for run in runs]):.3f}"] for case in MOST_TRIPS])
    return 0 if check_bars(costs, many) else 1


if __name__ == "__main__":
    sys.exit(main())
