#!/usr/bin/env python3
"""
concurrency.py: sessions that call migrate_apply() at the same moment.

    python3 test/bench/concurrency.py [--sessions 50] [--rounds 200]

Several sessions wait at a barrier and then call at once:

    same version        all with the same migration: one must apply it, the
                        others find it unchanged (50 sessions, and 200 rounds of 2)
    short patience      the same with neon_migrate.wait_timeout = 20ms and a
                        migration of 100 ms: the others may also fail with 55P03
    no patience         the same with wait_timeout = 0
    own versions        each with a migration of its own: all must apply
    same, other SQL     same version, different SQL: one must apply it, the
                        others must fail with 55000
    apply and roll back 2 sessions, one applies and the other rolls back

Prints the outcomes (results and SQLSTATEs) and how long the slowest call took.
Afterwards the ledger must hold each version once, without a gap, and
migrate_verify() must find it in order.

Server: the one of libpq's environment (PGHOST, ...; as superuser), else a
throw-away one; see server.py.
"""

import argparse
import collections
import threading
import time

import libpq
from measure import load, median, table
from server import CREATE_EXTENSION, Server

APPLY = "SELECT migrate.migrate_apply($1, $2, $3)"


def at_once(sessions, calls):
    """
    Has each session do its call, all at the same moment.  Returns the outcomes
    (a result, or a SQLSTATE) and the seconds of the slowest.
    """
    barrier = threading.Barrier(len(sessions))
    outcomes = [None] * len(sessions)
    seconds = [0.0] * len(sessions)

    def work(number):
        barrier.wait()
        began = time.perf_counter()
        try:
            outcomes[number] = calls[number](sessions[number])[0][0]
        except libpq.Error as error:
            outcomes[number] = error.sqlstate or error.message
        seconds[number] = time.perf_counter() - began

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(sessions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes, max(seconds)


class Scenario:
    """What is called at once, and which outcomes are right."""

    def __init__(self, name, sessions, rounds, calls, allowed, exactly=None, setting=None):
        self.name = name
        self.sessions = sessions
        self.rounds = rounds
        self.calls = calls              # of (round, session number): a call
        self.allowed = allowed          # outcomes that may be
        self.exactly = exactly or {}    # how often some of them must be, in each round
        self.setting = setting

    def run(self, server):
        """Runs all rounds; returns a row for the table, and whether all was right."""
        server.create_database("concurrency", "concurrency_template")
        tally, slowest, wrong = collections.Counter(), [], []
        sessions = [server.connect("concurrency") for _ in range(self.sessions)]
        for session in sessions:
            if self.setting:
                session.simple(f"SET {self.setting}")
        for number in range(self.rounds):
            outcomes, seconds = at_once(sessions, [self.calls(number, n)
                                                   for n in range(self.sessions)])
            counts = collections.Counter(outcomes)
            tally += counts
            slowest.append(seconds)
            if set(counts) - set(self.allowed) or any(counts[outcome] != times for outcome, times
                                                      in self.exactly.items()):
                wrong.append(f"{self.name}, round {number}: {dict(counts)}")
        for session in sessions:
            session.close()
        with server.connect("concurrency") as session:
            bad = session.query("SELECT subject, detail FROM migrate.migrate_verify() WHERE NOT ok")
            gaps, twice = session.query(
                "SELECT max(seq) - count(*), (SELECT count(*) FROM (SELECT FROM"
                "  migrate.migrate_ledger WHERE action = 'apply' GROUP BY version"
                "  HAVING count(*) > 1) AS v) FROM migrate.migrate_ledger")[0]
        if bad or (gaps, twice) != ("0", "0"):
            wrong.append(f"{self.name}: verify {bad}, gaps {gaps}, applied twice {twice}")
        row = [self.name, self.sessions, self.rounds,
               ", ".join(f"{count} {outcome}" for outcome, count in tally.most_common()),
               f"{1000 * median(slowest):.0f}", f"{1000 * max(slowest):.0f}",
               "WRONG" if wrong else "right"]
        return row, wrong


def apply(version, up, down=None):
    """A call of migrate_apply()."""
    return lambda session: session.query(APPLY, version, up, down)


def scenarios(sessions, rounds):
    """All of them."""
    def table_for(number):
        return f"CREATE TABLE t{number} (id bigint PRIMARY KEY)"

    def slow(number, _n):
        return apply(f"v{number}", f"CREATE TABLE t{number} (); SELECT pg_sleep(0.1)")

    def apply_or_rollback(number, n):
        if n == 0:
            return apply(f"v{number}", table_for(number), f"DROP TABLE t{number}")
        return lambda session: session.query(
            "SELECT CASE count(*) WHEN 1 THEN 'rolled back' ELSE 'nothing to roll back' END"
            " FROM migrate.migrate_rollback()")

    one_of = {"applied": 1}
    return [
        Scenario("same version", sessions, 5, lambda r, n: apply(f"v{r}", table_for(r)),
                 ["applied", "unchanged"], one_of),
        Scenario("same version", 2, rounds, lambda r, n: apply(f"v{r}", table_for(r)),
                 ["applied", "unchanged"], one_of),
        Scenario("same version, 100 ms", 2, 20, slow, ["applied", "unchanged"], one_of),
        Scenario("short patience", sessions, 3, slow, ["applied", "unchanged", "55P03"], one_of,
                 "neon_migrate.wait_timeout = '20ms'"),
        Scenario("no patience", 2, rounds, lambda r, n: apply(f"v{r}", table_for(r)),
                 ["applied", "unchanged", "55P03"], one_of, "neon_migrate.wait_timeout = 0"),
        Scenario("own versions", sessions, 3,
                 lambda r, n: apply(f"v{r}_{n}", table_for(f"{r}_{n}")),
                 ["applied"], {"applied": sessions}, "neon_migrate.out_of_order = allow"),
        Scenario("same, other SQL", sessions, 3,
                 lambda r, n: apply(f"v{r}", table_for(f"{r}_{n}")),
                 ["applied", "55000"], one_of),
        Scenario("apply and roll back", 2, rounds, apply_or_rollback,
                 ["applied", "rolled back", "nothing to roll back"], one_of),
    ]


def main():
    """Runs the scenarios and prints their table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=200)
    args = parser.parse_args()

    rows, wrong = [], []
    with Server(max_connections=str(args.sessions + 20)) as server:
        print(f"PostgreSQL {server.version}; {load()}\n", flush=True)
        server.create_database("concurrency_template", None, CREATE_EXTENSION)
        for scenario in scenarios(args.sessions, args.rounds):
            row, found = scenario.run(server)
            rows.append(row)
            wrong += found
    table(["scenario", "sessions", "rounds", "outcomes", "slowest ms", "max", ""], rows)
    print(*(wrong or ["all outcomes were right"]), sep="\n")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
