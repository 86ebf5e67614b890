#!/usr/bin/env python3
"""
overhead.py: what migrate_apply() costs beside doing the same by hand.

    python3 test/bench/overhead.py [--rounds 9] [--migrations 1000] [--seed 1]

Runs the same small migrations (1 to 3 statements each: tables, columns,
indexes, constraints, views, comments, ...), over one connection each, as

    migrate_apply   SELECT migrate_apply(version, up, down)
    untracked       the same with neon_migrate.track_drift off: plpgsql does
                    nothing of the kind
    plpgsql         SELECT plain_apply(version, up, down), a PL/pgSQL function
                    that does EXECUTE and an INSERT into a table of versions
    bare            the statements alone, with no record of them

in three ways: a transaction per migration, one transaction around all, and
one statement that loops over a table of migrations (in PL/pgSQL).  In the
first way the three take turns every 20 migrations, so that noise hits all of
them; in the others they take turns run by run.  Every run begins in a fresh
database with a fresh session.  Sessions are not warmed up: loading the library
and making plans is part of it.

Shown are medians over the rounds, per migration, and their ratios to plpgsql;
in brackets the median of the ratios round by round.  The target is 1.15.

Server: the one of libpq's environment (PGHOST, ...; as superuser), else a
throw-away one; see server.py.
"""

import argparse
import random

from measure import Cost, load, median, percent, ratio, spread, table
from server import CREATE_EXTENSION, Server

TARGET = 1.15
TURN = 20

PLAIN_APPLY = """
CREATE TABLE plain_ledger (
    version text PRIMARY KEY,
    up_sql text NOT NULL,
    down_sql text,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL DEFAULT session_user);
CREATE FUNCTION plain_apply(version text, up_sql text, down_sql text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE up_sql;
    INSERT INTO plain_ledger (version, up_sql, down_sql) VALUES (version, up_sql, down_sql);
    RETURN 'applied';
END $$;
"""

SETUP = {"migrate_apply": CREATE_EXTENSION, "untracked": CREATE_EXTENSION, "plpgsql": PLAIN_APPLY,
         "bare": "SELECT"}
CALL = {"migrate_apply": "SELECT migrate.migrate_apply($1, $2, $3)",
        "untracked": "SELECT migrate.migrate_apply($1, $2, $3)",
        "plpgsql": "SELECT plain_apply($1, $2, $3)"}
LOOP = {"migrate_apply": "PERFORM migrate.migrate_apply(m.version, m.up_sql, m.down_sql)",
        "untracked": "PERFORM migrate.migrate_apply(m.version, m.up_sql, m.down_sql)",
        "plpgsql": "PERFORM plain_apply(m.version, m.up_sql, m.down_sql)",
        "bare": "EXECUTE m.up_sql"}


class Schema:
    """Grows a schema by small random steps, each with its way back."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = {}            # name: names of its columns
        self.number = 0

    def name(self, kind):
        """A new name."""
        self.number += 1
        words = ("account", "invoice", "ticket", "shipment", "review", "session", "audit")
        return f"{self.random.choice(words)}_{kind}{self.number}"

    def column(self):
        """A new column's name and its definition."""
        name = self.name("c")
        return name, f"{name} " + self.random.choice((
            "text", "bigint NOT NULL DEFAULT 0", "timestamptz NOT NULL DEFAULT now()",
            "numeric(12, 2)", "boolean NOT NULL DEFAULT false", "jsonb", "varchar(80)", "uuid"))

    def create_table(self):
        """A table with a key and some columns, at times with a foreign key."""
        name = self.name("t")
        columns = [self.column() for _ in range(self.random.randint(2, 8))]
        definitions = ["id bigint PRIMARY KEY", *(definition for _, definition in columns)]
        if self.tables and self.random.random() < 0.4:
            parent = self.random.choice(list(self.tables))
            definitions.append(f"{parent}_id bigint REFERENCES {parent} (id) ON DELETE CASCADE")
        self.tables[name] = [column for column, _ in columns]
        body = ",\n    ".join(definitions)
        return f"CREATE TABLE {name} (\n    {body}\n)", f"DROP TABLE {name}"

    def step(self):
        """One statement and the one that undoes it."""
        if len(self.tables) < 5:
            return self.create_table()
        table_name = self.random.choice(list(self.tables))
        columns = self.tables[table_name]
        column = self.random.choice(columns)
        kind = self.random.choices(
            ("table", "column", "index", "comment", "view", "check", "default", "function",
             "enum", "rows"),
            (20, 28, 16, 8, 6, 6, 6, 4, 3, 3))[0]
        if kind == "table":
            return self.create_table()
        if kind == "column":
            name, definition = self.column()
            columns.append(name)
            return (f"ALTER TABLE {table_name} ADD COLUMN {definition}",
                    f"ALTER TABLE {table_name} DROP COLUMN {name}")
        if kind == "index":
            name = self.name("idx")
            keys = self.random.choice((column, f"{column}, id", f"id) WHERE ({column} IS NOT NULL"))
            return (f"CREATE INDEX {name} ON {table_name} ({keys})",
                    f"DROP INDEX {name}")
        if kind == "comment":
            return (f"COMMENT ON COLUMN {table_name}.{column} IS 'what it is for'",
                    f"COMMENT ON COLUMN {table_name}.{column} IS NULL")
        if kind == "view":
            name = self.name("v")
            return (f"CREATE VIEW {name} AS\n    SELECT id, {column} FROM {table_name}"
                    f" WHERE {column} IS NOT NULL", f"DROP VIEW {name}")
        if kind == "check":
            name = self.name("check")
            return (f"ALTER TABLE {table_name} ADD CONSTRAINT {name} CHECK (id > 0) NOT VALID",
                    f"ALTER TABLE {table_name} DROP CONSTRAINT {name}")
        if kind == "default":
            return (f"ALTER TABLE {table_name} ALTER COLUMN id SET DEFAULT 1",
                    f"ALTER TABLE {table_name} ALTER COLUMN id DROP DEFAULT")
        if kind == "function":
            name = self.name("f")
            return (f"CREATE FUNCTION {name}(a bigint) RETURNS bigint LANGUAGE plpgsql AS $$\n"
                    f"BEGIN\n    RETURN a + {self.number};\nEND $$",
                    f"DROP FUNCTION {name}(bigint)")
        if kind == "enum":
            name = self.name("e")
            return (f"CREATE TYPE {name} AS ENUM ('new', 'open', 'done')", f"DROP TYPE {name}")
        return (f"INSERT INTO {table_name} (id) SELECT n FROM generate_series(1, 20) AS n"
                " ON CONFLICT DO NOTHING", f"DELETE FROM {table_name} WHERE id <= 20")

    def migration(self, number):
        """A migration: its version, up and down SQL, and number of statements."""
        count = self.random.choices((1, 2, 3), (45, 35, 20))[0]
        steps = [self.step() for _ in range(count)]
        up = "-- what this migration is for\n" + "".join(f"{up};\n" for up, _ in steps)
        down = "".join(f"{down};\n" for _, down in reversed(steps))
        return f"{20260101000000 + number}", up, down, count


def runner(variant, session):
    """A function that applies one migration in the variant's way."""
    if variant == "bare":
        return lambda version, up, down: session.simple(up)
    return lambda version, up, down: session.query(CALL[variant], version, up, down)


def apply_in_turns(sessions, migrations):
    """A transaction per migration, the variants taking turns."""
    costs = {variant: Cost() for variant in sessions}
    runners = {variant: runner(variant, session) for variant, session in sessions.items()}
    for start in range(0, len(migrations), TURN):
        for variant, session in sessions.items():
            def turn(apply=runners[variant]):
                for version, up, down, _ in migrations[start:start + TURN]:
                    apply(version, up, down)
            costs[variant].add(session, turn)
    return costs


def apply_in_one_transaction(sessions, migrations):
    """One transaction around all of a variant's migrations."""
    costs = {variant: Cost() for variant in sessions}
    for variant, session in sessions.items():
        def run(apply=runner(variant, session), session=session):
            session.simple("BEGIN")
            for version, up, down, _ in migrations:
                apply(version, up, down)
            session.simple("COMMIT")
        costs[variant].add(session, run)
    return costs


def apply_in_one_statement(sessions, migrations):
    """One DO that loops over a table of migrations."""
    costs = {variant: Cost() for variant in sessions}
    for variant, session in sessions.items():
        session.simple("CREATE TEMP TABLE todo (version text, up_sql text, down_sql text)")
        for version, up, down, _ in migrations:
            session.query("INSERT INTO todo VALUES ($1, $2, $3)", version, up, down)
        costs[variant].add(session, lambda: session.simple(
            "DO $do$ DECLARE m record; BEGIN FOR m IN SELECT * FROM todo ORDER BY version LOOP "
            f"{LOOP[variant]}; END LOOP; END $do$"))
    return costs


WAYS = {"a transaction each": apply_in_turns, "one transaction": apply_in_one_transaction,
        "one statement": apply_in_one_statement}


def check(sessions, migrations):
    """All must have arrived at the same schema, and recorded all of it."""
    count = ("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
             " AND relname !~ '^plain_ledger'")
    if len({session.value(count) for session in sessions.values()}) != 1:
        raise SystemExit("the variants did not arrive at the same schema")
    for variant, ledger in (("migrate_apply", "migrate.migrate_ledger"),
                            ("untracked", "migrate.migrate_ledger"),
                            ("plpgsql", "plain_ledger")):
        recorded = sessions[variant].value(f"SELECT count(*) FROM {ledger}")
        if int(recorded) != len(migrations):
            raise SystemExit(f"{variant} recorded {recorded} migrations")


def main():
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--migrations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    schema = Schema(args.seed)
    migrations = [schema.migration(number) for number in range(args.migrations)]
    variants = list(SETUP)
    results = {(way, variant): [] for way in WAYS for variant in variants}

    with Server(max_locks_per_transaction="512") as server:
        print(f"{len(migrations)} migrations, {sum(m[3] for m in migrations)} statements, "
              f"{args.rounds} rounds; PostgreSQL {server.version}; {load()}", flush=True)
        for variant in variants:
            server.create_database(f"template_{variant}", None, SETUP[variant])
        for number in range(args.rounds):
            order = variants[number % len(variants):] + variants[:number % len(variants)]
            for way, apply in WAYS.items():
                for variant in order:
                    server.create_database(variant, f"template_{variant}")
                sessions = {variant: server.connect(variant) for variant in order}
                sessions["untracked"].simple("SET neon_migrate.track_drift = off")
                for variant, cost in apply(sessions, migrations).items():
                    results[way, variant].append(cost)
                check(sessions, migrations)
                for session in sessions.values():
                    session.close()
        print(f"afterwards: {load()}\n")

    rows = []
    for way in WAYS:
        base = results[way, "plpgsql"]
        for variant in variants:
            costs = results[way, variant]
            row = [way, variant]
            for kind in ("wall", "cpu"):
                values = [getattr(cost, kind) for cost in costs]
                of_medians, of_rounds = ratio(values, [getattr(cost, kind) for cost in base])
                row += [f"{1000 * median(values) / len(migrations):.3f}", percent(spread(values)),
                        f"{of_medians:.3f}", f"({of_rounds:.3f})"]
            rows.append(row)
    table(["way", "variant", "wall ms", "+-", "ratio", "", "CPU ms", "+-", "ratio", ""], rows)
    for way in WAYS:
        for variant in ("migrate_apply", "untracked"):
            for kind in ("wall", "cpu"):
                found, _ = ratio([getattr(c, kind) for c in results[way, variant]],
                                 [getattr(c, kind) for c in results[way, "plpgsql"]])
                print(f"{way}, {kind}: {variant} / plpgsql = {found:.3f}, target {TARGET}: "
                      f"{'met' if found <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
