#!/usr/bin/env python3
"""
ledger_size.py: whether a long history makes anything slower.

    python3 test/bench/ledger_size.py [--rounds 7] [--rows 100000] [--quick]

Makes ledgers of 0, 1, 1,000 and 100,000 events (versions recorded by
migrate_stamp() with some SQL each; the large one as it is, and after ANALYZE)
and one of 50,000 versions that were applied and all rolled back again, and
times in each of them

    health                  migrate_health()
    require, applied        migrate_require(v) of a version in the ledger
    require, not applied    the same of an unknown one, which is an error
    apply, empty            migrate_apply(v, '')
    apply, small            migrate_apply(v, 'CREATE TABLE ...', 'DROP TABLE ...')
    apply, out of order     the same with a version older than the newest
    rollback                migrate_rollback() of one of those
    apply, after rollback   migrate_apply() as the first call after a rollback

and, in one session that began with an empty ledger and has used all of these
since, so that its plans were made for one,

    rollback, old session   migrate_rollback() as the ledger grows

Each round copies the ledgers into fresh databases, with one session each,
warmed up by a few calls; the sessions take turns every few calls, so that
noise hits all of them.  Shown are medians over the rounds, in microseconds per
call, and the ratio to the empty ledger: the target is 1.1.  (A ledger of one
event shows what is due to there being any, not to their number.)

For information: how fast the large ledger was made in its beginning and at its
end, and what migrate_status, migrate_history and migrate_verify() take.

Server: the one of libpq's environment (PGHOST, ...; as superuser), else a
throw-away one; see server.py.
"""

import argparse
import random
import time

import libpq
from measure import Cost, load, median, percent, ratio, spread, table
from server import CREATE_EXTENSION, Server

TARGET = 1.1
TURN = 10               # calls of one session before it is the next one's turn
WARM_UP = 8             # the server keeps to a generic plan after five

HISTORY = """
SELECT count(migrate.migrate_stamp((20200101000000 + n)::text,
    format(E'-- migration %1$s\\nCREATE TABLE t%1$s (id bigint PRIMARY KEY, name text NOT NULL);\\n'
           'CREATE INDEX i%1$s ON t%1$s (name);\\n'
           'COMMENT ON TABLE t%1$s IS ''the %1$s. table'';', n),
    format('DROP TABLE t%s;', n), 'migration number ' || n))
FROM generate_series($1::int, $2::int) AS n"""

APPLY = "SELECT migrate.migrate_apply($1, $2, $3)"


def make_history(session, rows, first=1, batch=10000):
    """Records the versions "first" to "rows"; returns the seconds per row of each batch."""
    seconds = []
    for start in range(first, rows + 1, batch):
        end = min(rows, start + batch - 1)
        began = time.perf_counter()
        session.query(HISTORY, start, end)
        seconds.append((time.perf_counter() - began) / (end - start + 1))
    return seconds


def make_rolled_back(session, rows, batch=1000):
    """Applies "rows" versions and rolls all of them back; returns seconds per rollback."""
    for start in range(1, rows + 1, batch):
        session.query("SELECT count(migrate.migrate_apply((20200101000000 + n)::text, '', ''))"
                      " FROM generate_series($1::int, $2::int) AS n", start, start + batch - 1)
    began = time.perf_counter()
    for _ in range(0, rows, batch):
        session.query("SELECT count(*) FROM migrate.migrate_rollback($1)", batch)
    return (time.perf_counter() - began) / rows


class Subject:
    """One ledger, and the calls that are timed in it."""

    def __init__(self, session, rows):
        self.session = session
        self.rows = rows
        self.number = 0
        self.random = random.Random(1)
        self.applied = [str(20200101000000 + n) for n in range(1, rows + 1)]
        # what the server does on the first call is not the subject
        session.value("SELECT count(*) FROM pg_class")

    def new(self, base=20300101000000):
        """The next version."""
        self.number += 1
        return str(base + self.number)

    def apply(self, base=20300101000000):
        """Applies a small migration."""
        version = self.new(base)
        self.session.query(APPLY, version, f"CREATE TABLE s{version} (id int, name text)",
                           f"DROP TABLE s{version}")
        self.applied.append(version)

    def apply_empty(self):
        """Applies a migration that does nothing."""
        version = self.new()
        self.session.query(APPLY, version, "", "")
        self.applied.append(version)

    def require(self):
        """Requires one of the latest applied versions, as an application does."""
        version = self.random.choice(self.applied[-20:])
        self.session.query("SELECT migrate.migrate_require($1)", version)

    def require_unknown(self):
        """Requires a version that is not applied."""
        try:
            self.session.query("SELECT migrate.migrate_require($1)", self.new(20990101000000))
        except libpq.Error as error:
            if error.sqlstate == "55000":
                return
            raise
        raise SystemExit("migrate_require() of an unknown version returned")

    def rollback(self):
        """Rolls back the latest version."""
        done = self.session.value("SELECT migrate.migrate_rollback()")
        if done != self.applied.pop():
            raise SystemExit(f"migrate_rollback() rolled back {done}")


def repeat(call, times):
    """Calls it so many times."""
    for _ in range(times):
        call()


# name, what is timed, what comes before each call of it, number of calls
OPERATIONS = [
    ("health", lambda s: s.session.query("SELECT * FROM migrate.migrate_health()"), None, 200),
    ("require, not applied", lambda s: s.require_unknown(), None, 100),
    ("apply, empty", lambda s: s.apply_empty(), None, 100),
    ("apply, small", lambda s: s.apply(), None, 100),
    ("require, applied", lambda s: s.require(), None, 200),
    ("apply, out of order", lambda s: s.apply(20100101000000), None, 50),
    ("rollback", lambda s: s.rollback(), None, 40),
    ("apply, after rollback", lambda s: s.apply_empty(), lambda s: s.rollback(), 20),
]

VIEWS = [
    ("migrate_status", "SELECT count(checksum) FROM migrate.migrate_status"),
    ("migrate_status of one",
     "SELECT * FROM migrate.migrate_status WHERE version = '20200101000500'"),
    ("migrate_history", "SELECT count(entry_hash) FROM migrate.migrate_history"),
    ("migrate_verify()", "SELECT bool_and(ok) FROM migrate.migrate_verify()"),
]


def time_operations(subjects):
    """Times all operations in all subjects; returns {(operation, subject): Cost}."""
    costs = {}
    for name, call, before, count in OPERATIONS:
        for subject in subjects.values():
            for _ in range(WARM_UP if before is None else 1):
                if before:
                    before(subject)
                call(subject)
        turn = TURN if before is None else 1
        for _ in range(count // turn):
            for key, subject in subjects.items():
                if before:
                    before(subject)
                cost = costs.setdefault((name, key), Cost())
                cost.add(subject.session, lambda: repeat(lambda: call(subject), turn))
        for key in subjects:
            costs[name, key].wall /= count
            costs[name, key].cpu /= count
    return costs


def time_views(subjects):
    """Times what reads the whole history; returns {(what, subject): Cost}."""
    costs = {}
    for name, sql in VIEWS:
        for key, subject in subjects.items():
            cost = costs.setdefault((name, key), Cost())
            rows = cost.add(subject.session, lambda: subject.session.query(sql))
            if name == "migrate_verify()" and rows != [("t",)]:
                raise SystemExit(f"migrate_verify() found something wrong in {key}")
    return costs


def time_old_session(server, large, calls=20):
    """Times rollbacks in one session while the ledger grows, and prints a table."""
    server.create_database("old", None, CREATE_EXTENSION)
    rows, size = [], 0
    with server.connect("old") as session:
        subject = Subject(session, 0)
        for grown in (0, large // 100, large // 10, large):
            make_history(session, grown, first=size + 1)
            size = grown
            repeat(subject.apply_empty, 2 * calls)
            repeat(subject.rollback, calls)
            cost = Cost()
            cost.add(session, lambda: repeat(subject.rollback, calls))
            rows.append([f"{size:,}", f"{1e6 * cost.wall / calls:.0f}",
                         f"{1e6 * cost.cpu / calls:.0f}"])
    table(["rollback, old session: events", "wall us", "CPU us"], rows)


def make_templates(server, large):
    """Makes the ledgers; returns {name: number of applied versions}."""
    half = large // 2
    templates = {"0": 0, "1": 1, "1,000": 1000, f"{large:,}": large, f"{large:,} analyzed": large,
                 f"{half:,} undone": 0}
    for name, rows in templates.items():
        if name.endswith("analyzed"):
            server.create_database(name, f"{large:,}", "ANALYZE")
            continue
        server.create_database(name, None, CREATE_EXTENSION)
        with server.connect(name) as session:
            if name.endswith("undone"):
                print(f"rolling back {half:,} versions: "
                      f"{1e6 * make_rolled_back(session, half):.0f} us each", flush=True)
                continue
            seconds = make_history(session, rows)
            if len(seconds) > 1:
                print(f"making {rows:,} events: {1e6 * seconds[0]:.0f} us each in the first tenth,"
                      f" {1e6 * seconds[-1]:.0f} us in the last", flush=True)
            session.simple("VACUUM")
    return templates


def report(header, names, keys, costs, unit):
    """Prints wall and CPU of all names in all keys, with ratios to the first key."""
    for kind in ("wall", "cpu"):
        rows = []
        for name in names:
            base = [getattr(cost, kind) for cost in costs[name, keys[0]]]
            row = [name]
            for key in keys:
                values = [getattr(cost, kind) for cost in costs[name, key]]
                row.append(f"{unit * median(values):.0f}")
                if key != keys[0]:
                    row.append(f"{ratio(values, base)[0]:.2f}")
            rows.append(row + [percent(spread(base))])
        columns = [header + ", " + kind, keys[0]]
        for key in keys[1:]:
            columns += [key, "ratio"]
        table([*columns, "+-"], rows)


def main():
    """Makes the ledgers, runs the rounds and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--quick", action="store_true", help="2 rounds with 10,000 rows")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.rows = 2, 10000

    costs, views = {}, {}
    with Server() as server:
        print(f"{args.rounds} rounds; PostgreSQL {server.version}; {load()}", flush=True)
        templates = make_templates(server, args.rows)
        keys = list(templates)
        for number in range(args.rounds):
            order = keys[number % len(keys):] + keys[:number % len(keys)]
            subjects = {}
            for key in order:
                server.create_database("copy of " + key, key)
                subjects[key] = Subject(server.connect("copy of " + key), templates[key])
            for results, found in ((costs, time_operations(subjects)),
                                   (views, time_views(subjects))):
                for name, cost in found.items():
                    results.setdefault(name, []).append(cost)
            for subject in subjects.values():
                subject.session.close()
        print(f"afterwards: {load()}\n")
        time_old_session(server, args.rows)

    names = [operation[0] for operation in OPERATIONS]
    report("us per call", names, keys, costs, 1e6)
    report("ms, for information", [view[0] for view in VIEWS], keys, views, 1e3)
    for name in names:
        worst = {base: max((ratio([c.cpu for c in costs[name, key]],
                                  [c.cpu for c in costs[name, base]])[0], key)
                           for key in keys[2:]) for base in ("0", "1")}
        print(f"{name}, cpu: worst {worst['0'][0]:.2f} with {worst['0'][1]}, target {TARGET}: "
              f"{'met' if worst['0'][0] <= TARGET else 'MISSED'}"
              f" (against one event {worst['1'][0]:.2f})")


if __name__ == "__main__":
    main()
