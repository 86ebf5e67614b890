#!/usr/bin/env python3
"""Applies a folder of migrations with psycopg 3.

    pip install "psycopg[binary]"
    python3 migrate.py FOLDER

Connects to $DATABASE_URL, else as PGHOST, PGUSER and so on say.  A file is
named VERSION_what_it_does.sql and starts its up SQL with a line
"-- migrate:up", its down SQL, if it has any, with a line "-- migrate:down".
Files are applied in the order of their names, each in a transaction of its
own; those that are applied already are left alone.

The two lines are comments and go along, so that the lines which errors name
are those of the file.
"""
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


def main(folder):
    # autocommit: each call is a transaction of its own; no prepared statements,
    # which a pooler in transaction mode may not know
    with psycopg.connect(os.environ.get("DATABASE_URL", ""),
                         autocommit=True, prepare_threshold=None) as connection:
        connection.add_notice_handler(
            lambda notice: print(f"{notice.severity}: {notice.message_primary}", file=sys.stderr))
        for file in sorted(pathlib.Path(folder).glob("*.sql")):
            cursor = connection.execute("SELECT migrate_apply(%s, %s, %s, %s)", read(file))
            print(f"{cursor.fetchone()[0]:10}{file.stem}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 migrate.py FOLDER")
    try:
        main(sys.argv[1])
    except psycopg.Error as error:
        # CONTEXT in the message is the place in the migration
        sys.exit(f"{error.sqlstate or ''} {error}".strip())
