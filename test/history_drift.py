#!/usr/bin/env python3
"""
history_drift.py: runs a real project's migrations, and asks for drift after each.

    python3 test/history_drift.py FOLDER [--limit N] [--before SQL] [--prefix 'chroot DIR']

FOLDER holds a folder per migration with up.sql and down.sql, as diesel lays them
out, or a file per migration: <version>_<name>.sql, with "-- migrate:up" and
"-- migrate:down" before its two parts, or with up SQL only.

The expected schema is kept up to date from what each migration touches;
migrate_drift() describes the whole schema anew.  So there must be no difference
after a migration, whatever it did:

1. After each up; in a copy of the database, after its down, and after the up again.  One that needs to be
   run by CALL is.  One that this server cannot run is run by psql as far as it
   goes, and stamped.

2. In a copy made by pg_dump | psql, and in one made by CREATE DATABASE TEMPLATE.
   There the fingerprint must be the same, too.

The server is the one of libpq's environment (as superuser), else a throw-away
one; see bench/server.py.  psql and pg_dump are those on the PATH; --prefix is put
before their names.  Exit status 1 if anything differs.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))

import libpq                                            # noqa: E402
from histories import Migration, read_migrations       # noqa: E402
from server import CREATE_EXTENSION, Server             # noqa: E402

DRIFT = "SELECT kind, identity, change, expected, actual FROM migrate.migrate_drift()"


def read_files(folder):
    """The migrations of a folder with a file for each, in order."""
    migrations = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".sql"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        parts = re.split(r"^-- migrate:(up|down).*$", text, flags=re.M)
        sql = dict(zip(parts[1::2], parts[2::2])) or {"up": text}
        version, _, title = name[:-4].partition("_")
        migrations.append(Migration(version, title, sql["up"], sql.get("down")))
    return migrations


class History:
    """One run over the migrations."""

    def __init__(self, server, prefix):
        self.server = server
        self.prefix = shlex.split(prefix)
        self.faults = 0
        self.checks = 0
        self.stamped = 0

    def check(self, session, when):
        """There must be no drift."""
        self.checks += 1
        for row in session.query(DRIFT):
            self.faults += 1
            print(f"  {when}: " + " | ".join(value or "-" for value in row), flush=True)

    def psql(self, database, sql):
        """Runs a script as far as it goes."""
        subprocess.run([*self.prefix, "psql", "-X", "-q", "-d", self.server.conninfo(database)],
                       input=sql if isinstance(sql, bytes) else sql.encode(),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def apply(self, session, migration):
        """Runs an up, by SELECT or by CALL."""
        values = migration.version, migration.up, migration.down, migration.name
        try:
            session.query("SELECT migrate.migrate_apply($1, $2, $3, $4)", *values)
            return
        except libpq.Error as error:
            if error.sqlstate != "25001":
                raise
        session.query("CALL migrate.migrate_run($1, $2, $3, $4)", *values)

    def up_one(self, session, migration):
        """An up.  Returns whether it ran."""
        try:
            self.apply(session, migration)
        except libpq.Error as error:
            self.stamped += 1
            print(f"  {migration.version} is stamped: {error.sqlstate} {error.message}")
            self.psql("drift", migration.up)
            for up, down in ((migration.up, migration.down), (None, None)):
                try:
                    session.query("SELECT migrate.migrate_stamp($1, $2, $3)",
                                  migration.version, up, down)
                    break
                except libpq.Error:
                    pass
            self.check(session, f"{migration.version} stamped")
            return False
        self.check(session, f"{migration.version} up")
        return True

    def down_one(self, session, migration):
        """The down, and the up again."""
        try:
            session.query("CALL migrate.migrate_down()")
        except libpq.Error:
            self.check(session, f"{migration.version} down failed")
            return
        self.check(session, f"{migration.version} down")
        try:
            self.apply(session, migration)
        except libpq.Error as error:
            print(f"  {migration.version}: cannot be applied again: {error.message}")
        self.check(session, f"{migration.version} up again")

    def copies(self):
        """The database, dumped and restored, and copied as a template."""
        with self.server.connect("drift") as session:
            fingerprint = session.value("SELECT migrate.migrate_fingerprint()")
        self.server.create_database("drift_restored", None)
        dump = subprocess.run([*self.prefix, "pg_dump", "-d", self.server.conninfo("drift")],
                              stdout=subprocess.PIPE, check=True).stdout
        subprocess.run([*self.prefix, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null",
                        "-d", self.server.conninfo("drift_restored")], input=dump, check=True)
        self.server.create_database("drift_copied", "drift")
        for database in "drift_restored", "drift_copied":
            with self.server.connect(database) as session:
                self.check(session, database)
                if session.value("SELECT migrate.migrate_fingerprint()") != fingerprint:
                    self.faults += 1
                    print(f"  {database}: another fingerprint")


def main():
    """Runs a history."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("folder")
    parser.add_argument("--limit", type=int, help="only the first N migrations")
    parser.add_argument("--before", default="", help="SQL that the database gets first")
    parser.add_argument("--prefix", default="", help="goes before psql and pg_dump")
    args = parser.parse_args()

    migrations = (read_migrations(args.folder) or read_files(args.folder))[:args.limit]
    if not migrations:
        raise SystemExit(f"found no migrations in {args.folder}")
    with Server(autovacuum="on", max_locks_per_transaction="256") as server:
        history = History(server, args.prefix)
        server.create_database("drift", None, CREATE_EXTENSION, args.before)
        for migration in migrations:
            with server.connect("drift") as session:
                ran = history.up_one(session, migration)
            # not every down leads back to where the next up can go on
            if ran and migration.down is not None:
                server.create_database("drift_down", "drift")
                with server.connect("drift_down") as session:
                    history.down_one(session, migration)
        with server.connect("drift") as session:
            bad = session.query("SELECT subject, detail FROM migrate.migrate_verify() WHERE NOT ok")
            objects = session.value("SELECT count(*) FROM migrate.migrate_snapshot()")
        history.copies()
        print(f"{args.folder}: PostgreSQL {server.version}, {len(migrations)} migrations "
              f"({history.stamped} stamped), {objects} rows, {history.checks} checks, "
              f"{history.faults} differences, migrate_verify(): {bad or 'ok'}")
    raise SystemExit(1 if history.faults or bad else 0)


if __name__ == "__main__":
    main()
