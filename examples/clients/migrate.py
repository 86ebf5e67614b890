#!/usr/bin/env python3
"""Applies a folder of migrations with psycopg 3.

    pip install "psycopg[binary]"
    python3 migrate.py FOLDER
    python3 migrate.py --up FOLDER

Connects to $DATABASE_URL, else as PGHOST, PGUSER and so on say.  A file is
named VERSION_what_it_does.sql and starts its up SQL with a line
"-- migrate:up", its down SQL, if it has any, with a line "-- migrate:down".
Files are applied in the order of their names, each in a transaction of its
own; those that are applied already are left alone.

With --up, all files are registered, in one transaction, and what is pending is
then applied by CALL migrate_up(), in the order of the versions.  So they may
contain CREATE INDEX CONCURRENTLY and the like, and what was interrupted goes
on.

The two lines are comments and go along, so that the lines which errors name
are those of the file.
"""
import contextlib
import os
import pathlib
import re
import sys

import psycopg


def read(file):
    """Returns version, up SQL, down SQL (or None) and description."""
    version, _, description = file.stem.partition("_")
    up, *down = re.split(r"^(?=-- migrate:down)", file.read_text("utf-8"), maxsplit=1, flags=re.M)
    if not re.search(r"^-- migrate:up", up, flags=re.M):
        sys.exit(f'{file} has no line "-- migrate:up"')
    return version, up, down[0] if down else None, description.replace("_", " ")


def main(folder, up):
    function = "migrate_register" if up else "migrate_apply"
    # autocommit: each call is a transaction of its own; no prepared statements,
    # which a pooler in transaction mode may not know
    with psycopg.connect(os.environ.get("DATABASE_URL", ""),
                         autocommit=True, prepare_threshold=None) as connection:
        connection.add_notice_handler(
            lambda notice: print(f"{notice.severity}: {notice.message_primary}", file=sys.stderr))
        with connection.transaction() if up else contextlib.nullcontext():
            for file in sorted(pathlib.Path(folder).glob("*.sql")):
                cursor = connection.execute(f"SELECT {function}(%s, %s, %s, %s)", read(file))
                print(f"{cursor.fetchone()[0]:12}{file.stem}")
        if up:
            # not in a transaction block: it begins and ends transactions itself
            print(connection.execute("CALL migrate_up()").fetchone()[0], "applied now")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1:-1] not in ([], ["--up"]):
        sys.exit("usage: python3 migrate.py [--up] FOLDER")
    try:
        main(sys.argv[-1], up=len(sys.argv) == 3)
    except psycopg.Error as error:
        # CONTEXT in the message is the place in the migration
        sys.exit(f"{error.sqlstate or ''} {error}".strip())
