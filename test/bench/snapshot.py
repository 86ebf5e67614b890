#!/usr/bin/env python3
"""
snapshot.py: what migrate_fingerprint(), migrate_snapshot() and migrate_drift()
take beside pg_dump -s.

    python3 test/bench/snapshot.py [--tables 100 1000 10000] [--rounds 5] [--distant]

Makes databases with that many tables, each of 10 columns with 2 defaults, and 5
indexes and constraints: a primary key, a unique constraint, a CHECK, a foreign
key, and an index; half of the indexes are on an expression or partial.  In each
round all take turns, each in a fresh session, which is opened before the clock
starts; pg_dump opens its own, which takes some milliseconds.  Shown are medians
of wall time, and the median of the ratios round by round.

The first run in a session fills the server's caches of names.  It is what
counts here: nothing is kept by the extension from one call to the next.

The target is 10 times as fast as pg_dump -s, at 1,000 and 10,000 tables.

With --distant, pg_dump -s and psql, which asks for the fingerprint, reach the
server over a proxy that makes a round trip take 20 ms; shown are their round
trips, those to connect apart, and the time.

Server: the one of libpq's environment (PGHOST, ...; as superuser), else a
throw-away one; see server.py.  pg_dump is that of pg_config (or $PG_CONFIG).
"""

import argparse
import os
import subprocess
import time

from latency_proxy import Proxy, server_address
from measure import load, median, percent, ratio, spread, table
from server import CREATE_EXTENSION, PREFIX, Server

TARGET = 10

TABLES = """
DO $do$
BEGIN
    FOR i IN {first} .. {last} LOOP
        EXECUTE format($sql$
            CREATE TABLE t%1$s (
                id bigint CONSTRAINT t%1$s_pk PRIMARY KEY, parent_id bigint,
                code varchar(20) NOT NULL CONSTRAINT t%1$s_code_u UNIQUE, title text,
                amount numeric(12,2) DEFAULT 0, currency char(3), created timestamptz DEFAULT now(),
                updated timestamptz, flags int[], data jsonb,
                CONSTRAINT t%1$s_amount_c CHECK (amount >= 0 AND currency IN ('EUR', 'USD')));
            ALTER TABLE t%1$s ADD CONSTRAINT t%1$s_fk FOREIGN KEY (parent_id)
                REFERENCES t%2$s (id) ON DELETE CASCADE;
            CREATE INDEX t%1$s_i ON t%1$s (%3$s);
        $sql$, i, greatest(i - 1, 1),
        CASE i %% 4 WHEN 0 THEN 'lower(title)' WHEN 1 THEN 'created DESC, code'
                    WHEN 2 THEN 'updated) WHERE (flags IS NOT NULL' ELSE 'amount, created' END);
    END LOOP;
END $do$
"""

QUERIES = {"fingerprint": "SELECT migrate.migrate_fingerprint()",
           "snapshot": "SELECT count(s) FROM migrate.migrate_snapshot() AS s",
           "drift": "SELECT count(d) FROM migrate.migrate_drift() AS d"}


def make(server, name, tables):
    """A database with so many tables, and what drift compares with."""
    server.create_database(name, None, CREATE_EXTENSION)
    with server.connect(name) as session:
        for first in range(1, tables + 1, 500):
            session.simple(TABLES.replace("%%", "%").format(
                first=first, last=min(first + 499, tables)))
        session.simple("SELECT migrate.migrate_accept_drift('benchmark')")
        session.simple("VACUUM ANALYZE")
    server.admin.simple("CHECKPOINT")


def time_query(server, name, query):
    """Wall seconds of a query in a fresh session."""
    with server.connect(name) as session:
        session.value("SELECT 1")
        start = time.perf_counter()
        session.query(query)
        return time.perf_counter() - start


def program(name):
    """A program of PostgreSQL's."""
    bindir = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--bindir"],
                            capture_output=True, text=True, check=True).stdout.strip()
    return os.path.join(bindir, name)


def time_dump(conninfo):
    """Wall seconds of pg_dump -s."""
    start = time.perf_counter()
    subprocess.run([program("pg_dump"), "-s", "-f", "/dev/null", "-d", conninfo], check=True)
    return time.perf_counter() - start


def time_psql(conninfo):
    """Wall seconds of psql, which asks for the fingerprint."""
    start = time.perf_counter()
    subprocess.run([program("psql"), "-X", "-q", "-o", "/dev/null", "-c", QUERIES["fingerprint"],
                    "-d", conninfo], check=True)
    return time.perf_counter() - start


def distant(server, name, tables):
    """Rows of both over a connection with round trips of 20 ms."""
    host, port, user = server.address()
    rows = []
    with Proxy(server_address(host, port), 0.02) as proxy:
        conninfo = (f"host={proxy.host} port={proxy.port} user={user} sslmode=disable"
                    f" gssencmode=disable dbname={PREFIX}{name}")
        for variant, run in (("pg_dump -s", time_dump), ("psql, fingerprint", time_psql)):
            proxy.reset()
            seconds = run(conninfo)
            counts = proxy.counts()
            rows.append([tables, variant, counts["connect_round_trips"], counts["round_trips"],
                         f"{seconds:.2f}"])
    return rows


def main():
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--tables", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--distant", action="store_true")
    args = parser.parse_args()

    rows, verdicts, trips = [], [], []
    with Server(max_locks_per_transaction="20000", shared_buffers="512MB") as server:
        print(f"{args.rounds} rounds; PostgreSQL {server.version}; {load()}", flush=True)
        for tables in args.tables:
            name = f"snapshot_{tables}"
            make(server, name, tables)
            times = {variant: [] for variant in ["pg_dump -s", *QUERIES]}
            for _ in range(args.rounds):
                times["pg_dump -s"].append(time_dump(server.conninfo(name)))
                for variant, query in QUERIES.items():
                    times[variant].append(time_query(server, name, query))
            for variant, values in times.items():
                _, faster = ratio(times["pg_dump -s"], values)
                rows.append([tables, variant, f"{1000 * median(values):.1f}",
                             percent(spread(values)), f"{faster:.1f}"])
                if variant == "fingerprint" and tables >= 1000:
                    verdicts.append(f"{tables} tables: {faster:.1f} times as fast as pg_dump -s, "
                                    f"target {TARGET}: {'met' if faster >= TARGET else 'MISSED'}")
            if args.distant:
                trips += distant(server, name, tables)
            server.drop_database(name)
        print(f"afterwards: {load()}\n")
    table(["tables", "", "wall ms", "+-", "times as fast"], rows)
    print("\n".join(verdicts))
    if trips:
        table(["tables", "", "trips to connect", "trips then", "seconds"], trips)


if __name__ == "__main__":
    main()
