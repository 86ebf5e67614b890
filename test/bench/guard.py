#!/usr/bin/env python3
"""
guard.py: what migrate_guard() costs DDL that is run outside of migrations.

    python3 test/bench/guard.py [--rounds 9] [--statements 600] [--records 100000] [--seed 1]

Runs the same DDL, over one connection each, in databases

    none            without the extension
    off             with it, the guard off
    record          the guard recording
    record, full    the guard recording, with as many records there already
    refuse          the guard refusing, passed with guard_bypass (so recording)

as three kinds of work:

    mixed DDL       a growing schema: tables, columns, indexes, views, comments, ...
    create, drop    CREATE TABLE with a key and two indexes, and DROP TABLE
    temporary       CREATE TEMP TABLE with a key, and DROP TABLE

The variants take turns every 20 statements, so that noise hits all of them.
Every round begins in fresh databases with fresh sessions; they are not warmed
up: loading the library is part of it.

Shown are medians over the rounds, per statement, and their ratios to none; in
brackets the median of the ratios round by round.

Server: the one of libpq's environment (PGHOST, ...; as superuser), else a
throw-away one; see server.py.
"""

import argparse

from measure import Cost, load, median, percent, ratio, spread, table
from overhead import Schema
from server import CREATE_EXTENSION, Server

TURN = 20

FILL = """
INSERT INTO migrate.migrate_guard_statement
SELECT n, now(), 'somebody', 'somebody', 'local', 'bench', 1, 'ALTER TABLE',
       'ALTER TABLE some_table ADD COLUMN c' || n || ' text', NULL, false
FROM generate_series(1, {records}) AS n;
INSERT INTO migrate.migrate_guard_object
SELECT n, 'table column', 'public.some_table.c' || n, 'public.some_table.c' || n, 'ALTER TABLE', false
FROM generate_series(1, {records}) AS n;
SELECT setval('migrate.migrate_guard_number', {records});
ANALYZE migrate.migrate_guard_statement, migrate.migrate_guard_object;
"""

VARIANTS = {
    "none": ["SELECT"],
    "off": [CREATE_EXTENSION],
    "record": [CREATE_EXTENSION, "SELECT migrate.migrate_guard('record')"],
    "record, full": [CREATE_EXTENSION, FILL, "SELECT migrate.migrate_guard('record')"],
    "refuse": [CREATE_EXTENSION, "SELECT migrate.migrate_guard('refuse')"],
}
RECORDING = ("record", "record, full", "refuse")


def mixed(count, seed):
    """Statements that grow a schema."""
    schema = Schema(seed)
    statements = []
    while len(statements) < count:
        up, _ = schema.step()
        if not up.startswith("INSERT"):
            statements.append(up)
    return statements


def create_drop(count, _seed):
    """A table with indexes, there and gone."""
    return [sql for number in range(count // 2) for sql in (
        f"CREATE TABLE passing_{number} (id bigint PRIMARY KEY, a text UNIQUE, b text UNIQUE)",
        f"DROP TABLE passing_{number}")]


def temporary(count, _seed):
    """The same with a temporary one."""
    return [sql for number in range(count // 2) for sql in (
        f"CREATE TEMP TABLE passing_{number} (id bigint PRIMARY KEY, a text)",
        f"DROP TABLE passing_{number}")]


WORK = {"mixed DDL": mixed, "create, drop": create_drop, "temporary": temporary}


def run_in_turns(sessions, statements):
    """Runs the statements in all sessions, by turns."""
    costs = {variant: Cost() for variant in sessions}
    for start in range(0, len(statements), TURN):
        for variant, session in sessions.items():
            def turn(session=session):
                for statement in statements[start:start + TURN]:
                    session.simple(statement)
            costs[variant].add(session, turn)
    return costs


def check(work, sessions, statements, records):
    """What had to be recorded must be, and nothing else."""
    expected = 0 if work == "temporary" else len(statements)
    for variant in RECORDING:
        found = int(sessions[variant].value("SELECT count(*) FROM migrate.migrate_guard_statement"))
        if found != expected + (records if variant == "record, full" else 0):
            raise SystemExit(f"{work}, {variant}: recorded {found} statements")
    if int(sessions["off"].value("SELECT count(*) FROM migrate.migrate_guard_statement")) != 0:
        raise SystemExit(f"{work}, off: recorded something")


def main():
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--statements", type=int, default=600)
    parser.add_argument("--records", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    variants = list(VARIANTS)
    results = {(work, variant): [] for work in WORK for variant in variants}
    with Server() as server:
        print(f"{args.statements} statements, {args.rounds} rounds; "
              f"PostgreSQL {server.version}; {load()}", flush=True)
        for number, (variant, setup) in enumerate(VARIANTS.items()):
            server.create_database(f"template_{number}", None,
                                   *(sql.format(records=args.records) for sql in setup))
        for number in range(args.rounds):
            shift = number % len(variants)
            for work, make in WORK.items():
                statements = make(args.statements, args.seed)
                sessions = {}
                for variant in variants[shift:] + variants[:shift]:
                    index = variants.index(variant)
                    server.create_database(f"run_{index}", f"template_{index}")
                    sessions[variant] = server.connect(f"run_{index}")
                sessions["refuse"].simple("SET neon_migrate.guard_bypass = on")
                for variant, cost in run_in_turns(sessions, statements).items():
                    results[work, variant].append(cost)
                check(work, sessions, statements, args.records)
                for session in sessions.values():
                    session.close()
        print(f"afterwards: {load()}\n")

    rows = []
    for work in WORK:
        base = results[work, "none"]
        for variant in variants:
            costs = results[work, variant]
            row = [work, variant]
            for kind in ("wall", "cpu"):
                values = [getattr(cost, kind) for cost in costs]
                of_medians, of_rounds = ratio(values, [getattr(cost, kind) for cost in base])
                row += [f"{1000 * median(values) / args.statements:.3f}", percent(spread(values)),
                        f"{of_medians:.3f}", f"({of_rounds:.3f})"]
            rows.append(row)
    table(["work", "guard", "wall ms", "+-", "ratio", "", "CPU ms", "+-", "ratio", ""], rows)


if __name__ == "__main__":
    main()
