#!/usr/bin/env python3
"""
dry_run.py: what migrate_dry_run() costs beside doing the same by hand.

    python3 test/bench/dry_run.py [--tables 100 1000 10000] [--migrations 40]

In databases with that many tables (see snapshot.py), the same small migrations
(see tracking.py) by

    by hand     BEGIN; the SQL; ROLLBACK
    dry run     SELECT * FROM migrate_dry_run(up)
    both ways   SELECT * FROM migrate_dry_run(up, down), which describes the whole
                schema before and after

They take turns migration by migration.  Shown are medians of wall time, and the
median of the ratios to "by hand" turn by turn.  A second table has the time per
statement of one dry run with many statements, beside that by hand.

Server: as for snapshot.py.
"""

import argparse
import time

from measure import load, median, percent, ratio, spread, table
from server import Server
from snapshot import make

UP = "ALTER TABLE t{n} ADD COLUMN extra text DEFAULT 'x'; CREATE INDEX ON t{n} (extra)"
DOWN = "ALTER TABLE t{n} DROP COLUMN extra"
WAYS = {
    "by hand": lambda session, up, down: session.simple(f"BEGIN; {up}; ROLLBACK"),
    "dry run": lambda session, up, down: session.query(
        "SELECT * FROM migrate.migrate_dry_run($1)", up),
    "both ways": lambda session, up, down: session.query(
        "SELECT * FROM migrate.migrate_dry_run($1, $2)", up, down),
}


def timed(call):
    """The wall time of a call, in milliseconds."""
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def small(session, migrations):
    """The times of small migrations, each way."""
    times = {way: [] for way in WAYS}
    for number in range(2, migrations + 2):
        order = list(WAYS)[number % 3:] + list(WAYS)[:number % 3]
        for way in order:
            times[way].append(timed(lambda way=way: WAYS[way](
                session, UP.format(n=number), DOWN.format(n=number))))
    return times


def many(session, statements):
    """The times per statement of one migration of many, each way."""
    up = ";\n".join(f"ALTER TABLE t2 ADD COLUMN extra{n} int" for n in range(statements))
    down = ";\n".join(f"ALTER TABLE t2 DROP COLUMN extra{n}" for n in range(statements))
    times = {way: [] for way in WAYS}
    for _ in range(3):
        for way, call in WAYS.items():
            times[way].append(timed(lambda call=call: call(session, up, down)) / statements)
    return times


def row(first, times):
    """Cells about the ways."""
    cells = [*first, f"{median(times['by hand']):.2f}", percent(spread(times["by hand"]))]
    for way in list(WAYS)[1:]:
        _, of_turns = ratio(times[way], times["by hand"])
        cells += [f"{median(times[way]):.2f}", percent(spread(times[way])), f"({of_turns:.2f})"]
    return cells


def main():
    """Runs the rounds and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--tables", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--migrations", type=int, default=40)
    parser.add_argument("--statements", type=int, default=500)
    args = parser.parse_args()

    rows, many_rows = [], []
    with Server(max_locks_per_transaction="1024", shared_buffers="512MB") as server:
        print(f"PostgreSQL {server.version}; {load()}", flush=True)
        for tables in args.tables:
            name = f"snapshot_{tables}"
            make(server, name, tables)
            session = server.connect(name)
            rows.append(row([tables], small(session, args.migrations)))
            many_rows.append(row([tables], many(session, args.statements)))
            session.close()
        print(f"afterwards: {load()}\n")
    header = ["tables", "by hand ms", "+-", "dry run ms", "+-", "ratio", "both ways ms", "+-", "ratio"]
    table(header, rows)
    print(f"\na migration of {args.statements} statements, per statement:\n")
    table(header, many_rows)


if __name__ == "__main__":
    main()
