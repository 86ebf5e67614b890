#!/usr/bin/env python3
"""
histories.py: runs a real project's migrations through neon_migrate and through
psql, and compares.

    python3 test/histories.py FOLDER [--limit N] [--before SQL] [--prefix 'chroot DIR']

FOLDER holds a folder per migration, as diesel lays them out:
<version>_<name>/up.sql and down.sql; the version is what is before the first
"_", without "-".  They run in the order of their versions:

1. Forward.  Each up runs through migrate_apply() in one database and through
   psql -1 in another.  Where one fails and the other does not, neon_migrate is
   wrong.  Where both fail, it is the migration (it needs another PostgreSQL, or
   cannot run in a transaction): then psql runs it statement by statement in
   both, as far as it goes, migrate_stamp() records it, and it is listed.  So is
   a migration whose down SQL migrate_apply() refuses, which it reads before it
   runs the up: that one is applied without its down.

2. Downs, one by one.  After each up the database is copied.  In the copy,
   migrate_rollback() runs; pg_dump -s must then say what it said before the up.
   Then the up is applied again; pg_dump -s must say what it said after it.  A
   down that fails is tried with psql -1, too: there it must fail as well.

3. At the end pg_dump -s must say the same of both databases; migrate_apply() of
   every migration must answer "unchanged"; migrate_verify() must find no fault.

4. Backward.  migrate_rollback() undoes all, one at a time.  One that fails is
   run by psql as far as it goes and marked with migrate_unstamp().

What is in the schema "migrate", where the extension is, is left out of the
comparison, and so are times of this run, which a view on 'now' has in it.  A
dump that differs only in the order of its lines is counted apart: a column that
a down adds back comes last.

--before is SQL that both databases get first, such as a table that the
project's own migration tool would have made.  psql and pg_dump are those on the
PATH (--prefix is put before their names, to run them somewhere else); the
server is the one of libpq's environment (PGHOST, ...; as superuser), else a
throw-away one; see bench/server.py.  Exit status 1 if anything is
neon_migrate's fault.
"""

import argparse
import collections
import difflib
import os
import re
import shlex
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))

import libpq                                            # noqa: E402
from measure import load, table                         # noqa: E402
from server import CREATE_EXTENSION, Server             # noqa: E402

APPLY = "SELECT migrate.migrate_apply($1, $2, $3, $4)"

Migration = collections.namedtuple("Migration", "version name up down")


def read_migrations(folder):
    """The migrations in a folder, in order."""
    migrations = []
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if not os.path.isfile(os.path.join(path, "up.sql")):
            continue
        sql = {}
        for part in ("up", "down"):
            try:
                with open(os.path.join(path, part + ".sql"), "rb") as file:
                    sql[part] = file.read()
            except FileNotFoundError:
                sql[part] = None
        version, _, name = entry.partition("_")
        migrations.append(Migration(version.replace("-", ""), name, sql["up"], sql["down"]))
    return sorted(migrations, key=lambda migration: migration.version)


def describe(error):
    """An error in one line."""
    place = (error.context or "").split("\n")[-1]
    message = " ".join((error.message or "").split())
    return f"{error.sqlstate}: {message}" + (f"  [{place}]" if place else "")


class Psql:
    """psql and pg_dump."""

    TIME = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.+\d:]*'")

    def __init__(self, server, prefix):
        self.since, self.until = ("'" + day for day in server.admin.query(
            "SELECT current_date - 1, current_date + 2")[0])
        self.server = server
        self.prefix = shlex.split(prefix)

    def _run(self, program, *args, text=None):
        return subprocess.run([*self.prefix, program, *args], input=text, capture_output=True,
                              check=False, env={**os.environ, "PGCLIENTENCODING": "UTF8"})

    def run(self, database, sql, one_transaction=True):
        """Runs a script; returns its first error in one line, or None."""
        args = ["-X", "-q", "-o", "/dev/null", "-v", "VERBOSITY=verbose", "-f", "-",
                "-d", self.server.conninfo(database)]
        if one_transaction:
            args += ["-1", "-v", "ON_ERROR_STOP=1"]
        done = self._run("psql", *args, text=sql)
        errors = re.findall(r"(?:ERROR|FATAL):  (\w{5}: .*)", done.stderr.decode(errors="replace"))
        if errors:
            return errors[0]
        return f"exit status {done.returncode}" if done.returncode and one_transaction else None

    def dump(self, database):
        """The schema as pg_dump prints it, without what is not the project's."""
        done = self._run("pg_dump", "-s", "--exclude-schema=migrate",
                         "-d", self.server.conninfo(database))
        if done.returncode:
            raise SystemExit(done.stderr.decode(errors="replace"))
        text = self.TIME.sub(lambda time: "'now'" if self.since < time[0] < self.until else time[0],
                             done.stdout.decode(errors="replace"))
        return [line for line in text.split("\n") if line and not
                re.match(r"--|\\(un)?restrict |.* EXTENSION .*neon_migrate", line)]


def compare(expected, found):
    """'same', 'order' (the same lines in another order) or 'different'."""
    if expected == found:
        return "same"

    def lines(dump):
        return sorted(line.rstrip(",") for line in dump)
    return "order" if lines(expected) == lines(found) else "different"


def difference(expected, found, limit=6):
    """The first lines in which two dumps differ."""
    lines = [line for line in difflib.unified_diff(expected, found, n=0, lineterm="")
             if not line.startswith(("---", "+++", "@@"))]
    more = [f"... and {len(lines) - limit} lines more"] if len(lines) > limit else []
    return [line[:150] for line in lines[:limit]] + more


class History:
    """One run over the migrations."""

    def __init__(self, server, migrations, args):
        self.server = server
        self.psql = Psql(server, args.prefix)
        self.before = args.before
        self.migrations = migrations
        self.counts = collections.Counter()
        self.notes = collections.defaultdict(list)      # kind: lines to print
        self.faults = []                                # what neon_migrate did wrong
        self.seconds = collections.Counter()
        self.skipped = set()
        self.dumps = []                                 # the schema before each migration

    def note(self, kind, migration, *lines):
        """Counts something about a migration, and lists it at the end."""
        self.counts[kind] += 1
        self.notes[kind].append(f"{migration.version} {migration.name}: " +
                                "\n        ".join(lines))

    def fault(self, migration, text):
        """Counts something as neon_migrate's fault."""
        self.faults.append(f"{migration.version} {migration.name}: {text}" if migration else text)

    def apply(self, database, migration):
        """Runs migrate_apply(); returns (its result or None, its error or None)."""
        with self.server.connect(database) as session:
            try:
                return session.value(APPLY, migration.version, migration.up, migration.down,
                                     migration.name), None
            except libpq.Error as error:
                return None, error

    def rollback(self, database, migration):
        """Rolls back the latest migration, which must be this one; returns the error or None."""
        with self.server.connect(database) as session:
            try:
                done = session.query("SELECT migrate.migrate_rollback()")
                if done != [(migration.version,)]:
                    self.fault(migration, f"migrate_rollback() returned {done}")
                return None
            except libpq.Error as error:
                return error

    def forward_one(self, number):
        """Runs an up in both databases."""
        migration = self.migrations[number]
        began = time.perf_counter()
        _, error = self.apply("apply", migration)
        if error and (error.context or "").startswith("down SQL"):
            self.note("down that is refused", migration, describe(error))
            migration = self.migrations[number] = migration._replace(down=None)
            _, error = self.apply("apply", migration)
        middle = time.perf_counter()
        psql_error = self.psql.run("psql", migration.up)
        self.seconds["migrate_apply"] += middle - began
        self.seconds["psql"] += time.perf_counter() - middle

        if error is None and psql_error is None:
            self.counts["up applied by both"] += 1
            return
        if (error is None) != (psql_error is None):
            self.fault(migration, f"migrate_apply: {describe(error) if error else 'applied'}; "
                                  f"psql -1: {psql_error or 'applied'}")
            if error is None:
                return
        self.skipped.add(migration.version)
        kind = ("up that refuses a transaction" if error.sqlstate == "25001"
                else "up that fails on this server")
        lines = [describe(error)]
        if psql_error and psql_error[:5] != error.sqlstate:
            lines.append(f"psql -1: {psql_error}")
        for database in ("apply", "psql") if psql_error else ("apply",):
            left = self.psql.run(database, migration.up, one_transaction=False)
        if left:
            lines.append(f"statement by statement, too: {left}")
        with self.server.connect("apply") as session:
            # this server may not even be able to parse it
            for up, down in ((migration.up, migration.down), (None, migration.down), (None, None)):
                try:
                    session.query("SELECT migrate.migrate_stamp($1, $2, $3, $4)",
                                  migration.version, up, down, migration.name)
                    break
                except libpq.Error as refusal:
                    if down is None:
                        raise
                    lines.append(f"migrate_stamp: {describe(refusal)}")
        self.note(kind, migration, *lines)

    def down_one(self, migration, before, after):
        """Rolls an up back in a copy of the database and applies it again."""
        if migration.down is None:
            self.counts["no down"] += 1
            return
        self.server.create_database("down", "apply")
        error = self.rollback("down", migration)
        if error is not None:
            psql_error = self.psql.run("down", migration.down)
            if psql_error is None:
                self.fault(migration, f"migrate_rollback: {describe(error)}; psql -1 ran the down")
            self.note("down that fails", migration, describe(error))
            return
        self.counts["down that runs"] += 1
        found = self.psql.dump("down")
        verdict = compare(before, found)
        if verdict == "same":
            self.counts["down that restores the schema exactly"] += 1
        elif verdict == "order":
            self.counts["down that restores all but the order of columns"] += 1
        else:
            # is it the SQL?  then psql arrives at the same schema
            self.server.create_database("down", "apply")
            self.psql.run("down", migration.down)
            by_psql = self.psql.dump("down")
            if compare(by_psql, found) != "same":
                self.fault(migration, "after the down by migrate_rollback and by psql -1 the "
                                      "schema differs: " + "; ".join(difference(by_psql, found)))
            self.note("down that leaves a difference", migration, *difference(before, found))
            return
        _, error = self.apply("down", migration)
        if error is not None:
            self.note("up that fails after its down", migration, describe(error))
            return
        verdict = compare(after, self.psql.dump("down"))
        self.counts["up after down: " + {"same": "the same schema as before", "order":
                    "all but the order of columns", "different": "another schema"}[verdict]] += 1

    def forward(self):
        """Runs all ups, and after each one its down in a copy."""
        self.server.create_database("apply", None, CREATE_EXTENSION, self.before)
        self.server.create_database("psql", None, self.before)
        self.dumps.append(self.psql.dump("apply"))
        for number in range(len(self.migrations)):
            self.forward_one(number)
            migration = self.migrations[number]
            self.dumps.append(self.psql.dump("apply"))
            if migration.version not in self.skipped:
                self.down_one(migration, self.dumps[-2], self.dumps[-1])
            if number % 50 == 49:
                print(f"... {number + 1} of {len(self.migrations)}", file=sys.stderr, flush=True)

    def check_end(self):
        """Compares the two databases, and asks the ledger."""
        by_psql = self.psql.dump("psql")
        verdict = compare(by_psql, self.dumps[-1])
        print(f"pg_dump -s of both databases ({len(by_psql)} lines): {verdict}")
        if verdict != "same":
            self.fault(None, "the databases differ: " +
                       "; ".join(difference(by_psql, self.dumps[-1])))
        unchanged = 0
        for migration in self.migrations:
            result, error = self.apply("apply", migration)
            unchanged += result == "unchanged"
            if result != "unchanged" and migration.version not in self.skipped:
                self.fault(migration, "applied again: " + (result or describe(error)))
        print(f"applied again: {unchanged} of {len(self.migrations)} unchanged")
        self.verify()

    def verify(self):
        """Asks migrate_verify()."""
        with self.server.connect("apply") as session:
            bad = session.query("SELECT subject, detail FROM migrate.migrate_verify() WHERE NOT ok")
        if bad:
            self.fault(None, f"migrate_verify(): {bad}")

    def backward(self):
        """Rolls all back, one at a time."""
        restored = 0
        for migration, before in zip(reversed(self.migrations), reversed(self.dumps[:-1])):
            error = self.rollback("apply", migration)
            if error is None:
                self.counts["backward: down that runs"] += 1
                restored += compare(before, self.psql.dump("apply")) != "different"
                continue
            self.note("backward: down that fails", migration, describe(error))
            if migration.down:
                self.psql.run("apply", migration.down, one_transaction=False)
            with self.server.connect("apply") as session:
                session.query("SELECT migrate.migrate_unstamp($1)", migration.version)
        self.counts["backward: schema as it was then"] = restored
        self.verify()
        left = difference(self.dumps[0], self.psql.dump("apply"))
        print("after all downs the schema is " + ("empty again" if not left else "not empty:"))
        for line in left:
            print("   ", line)

    def report(self):
        """Prints counts, then the lists."""
        print()
        table(["", "migrations"], [["in the folder", len(self.migrations)],
                                   *sorted(self.counts.items())])
        print("seconds for the ups: " + ", ".join(f"{way} {seconds:.1f}" for way, seconds
                                                  in self.seconds.items()))
        for kind, lines in sorted(self.notes.items()):
            print(f"\n{kind} ({len(lines)}):")
            for line in lines:
                print("   ", line)
        print(f"\nneon_migrate's fault: {len(self.faults) or 'nothing'}")
        for line in self.faults:
            print("   ", line)


def main():
    """Runs a history forward and backward."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--limit", type=int, help="only the first N migrations")
    parser.add_argument("--before", default="", help="SQL that both databases get first")
    parser.add_argument("--prefix", default="", help="goes before psql and pg_dump")
    args = parser.parse_args()

    migrations = read_migrations(args.folder)[:args.limit]
    if not migrations:
        raise SystemExit(f"found no <version>_<name>/up.sql in {args.folder}")
    with Server(autovacuum="on", max_locks_per_transaction="256") as server:
        print(f"{args.folder}: {len(migrations)} migrations; PostgreSQL {server.version}; {load()}",
              flush=True)
        history = History(server, migrations, args)
        history.forward()
        history.check_end()
        history.backward()
        history.report()
    raise SystemExit(1 if history.faults else 0)


if __name__ == "__main__":
    main()
