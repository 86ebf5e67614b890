#!/usr/bin/env python3
"""
tracking.py: what keeping the expected schema up to date costs a migration.

    python3 test/bench/tracking.py [--tables 100 10000] [--migrations 40]

In databases with that many tables (see snapshot.py), runs small migrations by
migrate_apply(), each in a transaction of its own: with neon_migrate.track_drift
on in one copy of the database, off in another.  They take turns migration by
migration.  The kinds are

    create      a table of 10 columns with 5 indexes and constraints
    alter       a column added to a table, another one altered
    index       an index on a table

Shown are medians of wall time, and the median of the ratios turn by turn.  The
target is 1.2 at 10,000 tables.

Server: as for snapshot.py.
"""

import argparse
import time

from measure import load, median, percent, ratio, spread, table
from server import Server
from snapshot import make

TARGET = 1.2

KINDS = {
    "create": """CREATE TABLE new{n} (id bigint PRIMARY KEY, parent_id bigint REFERENCES t1 (id),
        code varchar(20) NOT NULL UNIQUE, title text, amount numeric(12,2) DEFAULT 0 CHECK (amount >= 0),
        currency char(3), created timestamptz DEFAULT now(), updated timestamptz, flags int[], data jsonb);
        CREATE INDEX ON new{n} (created)""",
    "alter": "ALTER TABLE t{n} ADD COLUMN extra text DEFAULT 'x', ALTER COLUMN title SET DEFAULT ''",
    "index": "CREATE INDEX ON t{n} (updated, amount)",
}


def run(server, name, kind, args):
    """The wall times of one kind of migration, on and off, in milliseconds."""
    times = {"on": [], "off": []}
    sessions = {}
    for setting in times:
        server.create_database(f"track_{setting}", name)
        sessions[setting] = server.connect(f"track_{setting}")
        sessions[setting].simple(f"SET neon_migrate.track_drift = {setting}")
        sessions[setting].query("SELECT migrate.migrate_apply('0', 'SELECT 1')")
    for number in range(2, args.migrations + 2):
        order = list(times) if number % 2 else list(times)[::-1]
        for setting in order:
            began = time.perf_counter()
            sessions[setting].query("SELECT migrate.migrate_apply($1, $2)",
                                    str(number), KINDS[kind].format(n=number))
            times[setting].append(1000 * (time.perf_counter() - began))
    drift = sessions["on"].query("SELECT * FROM migrate.migrate_drift()")
    if drift:
        raise SystemExit(f"there is drift: {drift}")
    for setting, session in sessions.items():
        session.close()
        server.drop_database(f"track_{setting}")
    return times


def main():
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--tables", type=int, nargs="+", default=[100, 10000])
    parser.add_argument("--migrations", type=int, default=40)
    args = parser.parse_args()

    rows, verdicts = [], []
    with Server(max_locks_per_transaction="20000", shared_buffers="512MB", fsync="on") as server:
        print(f"PostgreSQL {server.version}; {load()}", flush=True)
        for tables in args.tables:
            name = f"snapshot_{tables}"
            make(server, name, tables)
            for kind in KINDS:
                times = run(server, name, kind, args)
                of_medians, of_turns = ratio(times["on"], times["off"])
                rows.append([tables, kind] + [cell for setting in ("off", "on") for cell in (
                    f"{median(times[setting]):.2f}", percent(spread(times[setting])))] +
                    [f"{of_medians:.2f}", f"({of_turns:.2f})"])
                if tables >= 10000:
                    verdicts.append(f"{tables} tables, {kind}: {of_turns:.2f}, target {TARGET}: "
                                    f"{'met' if of_turns <= TARGET else 'MISSED'}")
        print(f"afterwards: {load()}\n")
    table(["tables", "migration", "off ms", "+-", "on ms", "+-", "ratio", ""], rows)
    print("\n".join(verdicts))


if __name__ == "__main__":
    main()
