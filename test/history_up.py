#!/usr/bin/env python3
"""
history_up.py: a real project's migrations through one CALL migrate_up(), and
through psql, compared.

    python3 test/history_up.py FOLDER [--layout diesel|sqlx] [--before SQL]

FOLDER holds a folder per migration with up.sql and down.sql (diesel), or a
file per migration (sqlx: <version>_<name>.sql).  All are registered in one
database, in the project's order, and applied by one CALL; in another, psql runs
each file, in one transaction if that works.  Then pg_dump -s must say the same
of both, without the schema "migrate", where the extension is.  A down that
does not parse is left out and counted.

--before is SQL that both databases get first, such as the table that the
project's own tool would have made.  psql and pg_dump are those on the PATH, the
server that of libpq's environment, as superuser.  Exit status 1 if the CALL
fails or the schemas differ.
"""

import argparse
import difflib
import os
import subprocess
import sys


def psql(database, *arguments, sql=None):
    return subprocess.run(
        ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, *arguments],
        input=sql, text=True, capture_output=True)


def must(result):
    if result.returncode:
        sys.exit(result.stderr)
    return result.stdout.strip()


def migrations(folder, layout):
    """(version, up file, down file or None) in the project's order"""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if layout == "sqlx":
            if name.endswith(".sql"):
                yield name.split("_")[0], path, None
        elif os.path.exists(os.path.join(path, "up.sql")):
            down = os.path.join(path, "down.sql")
            yield (name.split("_")[0].replace("-", ""), os.path.join(path, "up.sql"),
                   down if os.path.exists(down) else None)


def quoted(text):
    return "NULL" if text is None else "$history$%s$history$" % text


def read(path):
    if path is None:
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def dump(database):
    """the lines of pg_dump -s that are about the project"""
    out = subprocess.run(["pg_dump", "-s", "--exclude-schema=migrate", "-d", database],
                         text=True, capture_output=True, check=True).stdout
    return [line for line in out.splitlines()
            if line.strip() and not line.startswith(("--", "\\"))
            and "neon_migrate" not in line and "SCHEMA migrate" not in line]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--layout", choices=("diesel", "sqlx"), default="diesel")
    parser.add_argument("--before", default="")
    arguments = parser.parse_args()

    for database in ("history_call", "history_psql"):
        must(psql("postgres", "-c", f"DROP DATABASE IF EXISTS {database}"))
        must(psql("postgres", "-c", f"CREATE DATABASE {database}"))
        must(psql(database, sql=arguments.before))
    must(psql("history_call", sql="CREATE SCHEMA migrate;"
              " CREATE EXTENSION neon_migrate SCHEMA migrate"))

    count = without_down = psql_failed = 0
    previous = None
    for version, up, down in migrations(arguments.folder, arguments.layout):
        register = "SELECT migrate.migrate_register(%s, %s, %s, NULL, %s)"
        # the project's order is not always the natural one
        depends_on = f"ARRAY[{quoted(previous)}]" if previous else "'{}'"
        result = psql("history_call", sql=register % (
            quoted(version), quoted(read(up)), quoted(read(down)), depends_on))
        if result.returncode:
            without_down += 1
            must(psql("history_call", sql=register % (
                quoted(version), quoted(read(up)), "NULL", depends_on)))
        if psql("history_psql", "-1", "-f", up).returncode:
            result = psql("history_psql", "-f", up)
            if result.returncode:
                psql_failed += 1
                print(f"psql fails on {version}: {result.stderr.strip()[:200]}")
        previous = version
        count += 1

    result = psql("history_call", "-c", "CALL migrate.migrate_up()")
    done = result.stdout.strip() or "nothing"
    if result.returncode:
        print(f"the CALL failed: {result.stderr.strip()[-600:]}")
    stepwise = must(psql("history_call", "-c",
                         "SELECT count(*) FROM migrate.migrate_status WHERE NOT transactional"))
    call, other = dump("history_call"), dump("history_psql")
    print(f"{count} migrations, {done} applied by one CALL, {stepwise} of them step by step; "
          f"{without_down} without their down, which does not parse; "
          f"{psql_failed} failed in psql; schemas {'equal' if call == other else 'DIFFER'}"
          f" ({len(call)} lines)")
    if call != other:
        print("\n".join(list(difflib.unified_diff(call, other, lineterm=""))[:40]))
    return 1 if result.returncode or call != other else 0


if __name__ == "__main__":
    sys.exit(main())
