#!/usr/bin/env python3
"""
client_noop.py: what "neon_migrate up" costs where there is nothing to do.

    python3 test/bench/client_noop.py [--rounds 15] [--migrations 10000]
                                      [--path PROGRAM] [--seed 1]

A database has 10,000 migrations applied, and the folder has their files.  In
turns are run, each as a program of its own that connects over a Unix-domain
socket (without TLS):

    up          neon_migrate up, which finds nothing to do
    libpq       a C program that connects with libpq, does one SELECT, and ends
    psql        psql -X -c 'SELECT 1'

Shown are medians of the whole program's time, its own CPU, and the ratios to
libpq's time, in brackets the median of the ratios round by round.  The target:
"up" takes at most twice the time of libpq.  The exit code is 1 if it is missed.

Reading and hashing the files is part of it, as they are in the file system's
cache.  The C program is made with $CC or cc, and the libpq of pg_config (or
$PG_CONFIG).

Server: the one of libpq's environment (PGHOST, ...; as superuser without
password), else a throw-away one; see server.py.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

from measure import load, median, percent, ratio, spread, table
from overhead import Schema
from rivals import NeonMigrate
from server import CREATE_EXTENSION, PREFIX, Server

TARGET = 2.0
DATABASE = "client_noop"

BARE = """
#include <stdio.h>
#include <libpq-fe.h>

int
main(int argc, char **argv)
{
	PGconn	   *conn = PQconnectdb(argc > 1 ? argv[1] : "");
	PGresult   *result = PQexec(conn, "SELECT 1");

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
	{
		fprintf(stderr, "%s", PQerrorMessage(conn));
		return 1;
	}
	PQclear(result);
	PQfinish(conn);
	return 0;
}
"""


def pg_config(option):
    """What pg_config says."""
    return subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), option],
                          capture_output=True, text=True, check=True).stdout.strip()


def make_bare(folder):
    """Compiles the C program; returns its path."""
    program = folder + "/bare"
    libdir = pg_config("--libdir")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-x", "c", "-", "-o", program,
                    "-I" + pg_config("--includedir"), "-L" + libdir, "-Wl,-rpath," + libdir, "-lpq"],
                   input=BARE, text=True, check=True)
    return program


def write_files(folder, count, seed):
    """Writes the migrations as the client reads them."""
    schema = Schema(seed)
    NeonMigrate().write(folder, [schema.migration(n) for n in range(count)], count)


class Cost:
    """What one run of a program took, in seconds."""

    def __init__(self, arguments, environment, folder):
        began = time.perf_counter()
        process = subprocess.Popen(arguments, env=environment, cwd=folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        with process.stdout:
            output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.perf_counter() - began
        self.cpu = usage.ru_utime + usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{arguments[0]} failed:\n{output.decode(errors='replace')[-3000:]}")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--migrations", type=int, default=10000)
    parser.add_argument("--path", metavar="PROGRAM", help="neon_migrate, if not in the path")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    """Runs the rounds and prints the table."""
    args = arguments()
    client = shutil.which(args.path or "neon_migrate")
    if not client:
        raise SystemExit("neon_migrate is not in the path")
    psql = os.path.join(pg_config("--bindir"), "psql")

    with Server(max_locks_per_transaction="1024") as server, \
            tempfile.TemporaryDirectory(prefix="neon_migrate_bench.") as scratch:
        server.create_database(DATABASE, None, CREATE_EXTENSION)
        host, port, user = server.address()
        url = f"postgresql://{user}@{urllib.parse.quote(host, safe='')}:{port}/{PREFIX}{DATABASE}" \
              "?sslmode=disable"
        environment = {**os.environ, "DATABASE_URL": url}
        files = scratch + "/files"
        os.mkdir(files)
        write_files(files, args.migrations, args.seed)
        programs = {"up": [client, "up", "--dir", files],
                    "libpq": [make_bare(scratch), url],
                    "psql": [psql, "-X", "-d", url, "-c", "SELECT 1"]}

        first = Cost(programs["up"], environment, scratch)
        print(f"{args.migrations} migrations were applied in {first.wall:.1f} s; {args.rounds} "
              f"rounds; PostgreSQL {server.version}; {load()}", flush=True)
        with server.connect(DATABASE) as session:
            session.simple("VACUUM ANALYZE")        # not in the middle of it
        costs = {name: [] for name in programs}
        for number in range(args.rounds + 1):
            names = list(programs)
            for position in range(len(names)):
                name = names[(number + position) % len(names)]
                cost = Cost(programs[name], environment, scratch)
                if number > 0:                      # the first round fills caches
                    costs[name].append(cost)
        print(f"afterwards: {load()}\n")

    rows = []
    for name, runs in costs.items():
        walls = [run.wall for run in runs]
        of_medians, of_rounds = ratio(walls, [run.wall for run in costs["libpq"]])
        rows.append([name, f"{1000 * median(walls):.2f}", percent(spread(walls)),
                     f"{1000 * median([run.cpu for run in runs]):.2f}",
                     f"{of_medians:.2f}", f"({of_rounds:.2f})"])
    table(["program", "wall ms", "+-", "its CPU ms", "ratio", ""], rows)
    found, _ = ratio([run.wall for run in costs["up"]], [run.wall for run in costs["libpq"]])
    print(f"up / libpq = {found:.2f}, target {TARGET}: {'met' if found <= TARGET else 'MISSED'}")
    return 0 if found <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
