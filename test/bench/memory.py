#!/usr/bin/env python3
"""
memory.py: how much memory and time a large migration takes in the server.

    python3 test/bench/memory.py [--rounds 3] [--shape NAME ...] [--quick]

Sends migrations of several shapes, each as

    simple          one simple-query message, BEGIN; ... COMMIT, as psql -c does
    migrate_apply   SELECT migrate_apply('1', $1) with the text as a bound parameter
    plpgsql         SELECT run($1), a PL/pgSQL function that does EXECUTE

each in a fresh session of a fresh database, and reads the server process's

    peak            VmHWM of /proc/PID/status, less what it was before the call
    left            RssAnon after the call, less what it was before the call
    time, CPU       of the call

The target: migrate_apply's peak is at most that of simple plus 64 MB.  Then

    many calls      growth of RssAnon over 10,000 calls of one kind in one
                    session (target: at most 5 MB)
    lock table      a migration that makes more tables than the server has locks
                    for must fail with 53200 and leave nothing behind

Needs Linux, and the server on the same machine: the one of libpq's environment
(PGHOST, ...; as superuser), else a throw-away one; see server.py.  Shared
memory counts into the peak, so the server should have small shared_buffers, as
a throw-away one has.  "--quick" makes everything a tenth as large.
"""

import argparse
import random
import re
import string

import libpq
from measure import Cost, load, median, table
from overhead import Schema
from server import CREATE_EXTENSION, Server, proc

PEAK_TARGET = 64 * 1024         # kB more than simple
GROWTH_TARGET = 5 * 1024        # kB

SETUP = CREATE_EXTENSION + """;
CREATE TABLE item (id bigint, name text);
CREATE FUNCTION run(sql text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE sql; END'
"""


def filler(length, seed=1):
    """Text that does not compress well, and needs no quoting."""
    source = random.Random(seed)
    letters = string.ascii_letters + string.digits + "+/"
    block = "".join(source.choices(letters, k=min(length, 1 << 20)))
    return (block * (length // len(block) + 1))[:length]


def mixed(count):
    """So many statements of all kinds."""
    schema = Schema(1)
    return "".join(f"{schema.step()[0]};\n" for _ in range(count))


def small_inserts(count):
    """So many INSERTs of 50 bytes."""
    return "".join(f"INSERT INTO item VALUES ({n}, 'name of {n}');\n" for n in range(count))


def inserts(size, width=1000):
    """INSERTs of about "width" bytes each."""
    text = filler(width + 4096)
    return "".join(f"INSERT INTO item VALUES ({n}, '{text[n % 4096:n % 4096 + width - 40]}');\n"
                   for n in range(size // width))


def one_insert(size, width=1000):
    """One INSERT of very many rows."""
    text = filler(width + 4096)
    rows = ",\n".join(f"({n}, '{text[n % 4096:n % 4096 + width - 10]}')"
                      for n in range(size // width))
    return f"INSERT INTO item VALUES\n{rows};\n"


def literals(size, count=4):
    """A few INSERTs of huge values."""
    return "".join(f"INSERT INTO item VALUES ({n}, '{filler(size // count, n)}');\n"
                   for n in range(count))


def comments(size):
    """Hardly any statements: nearly all of it is comments."""
    return f"-- {filler(90)}\n" * (size // 94) + "SELECT 1;\n"


def notices(count):
    """So many statements that each raise a NOTICE."""
    return "".join(f"DROP TABLE IF EXISTS no_such_table_{n};\n" for n in range(count))


MB = 1000 * 1000
SHAPES = {                      # name: function, its argument
    "10,000 mixed statements": (mixed, 10000),
    "100,000 INSERTs": (small_inserts, 100000),
    "100 MB of 1 kB INSERTs": (inserts, 100 * MB),
    "100 MB in 4 literals": (literals, 100 * MB),
    "100 MB in one INSERT": (one_insert, 100 * MB),
    "100 MB of comments": (comments, 100 * MB),
    "10,000 NOTICEs": (notices, 10000),
}

CALLS = {
    "simple": lambda session, text: session.simple(b"BEGIN;\n" + text + b";COMMIT"),
    "migrate_apply": lambda session, text: session.query(
        "SELECT migrate.migrate_apply('1', $1)", text),
    "plpgsql": lambda session, text: session.query("SELECT run($1)", text),
}


def status(session):
    """The kB values of the server process's status: {"VmHWM": ..., ...}"""
    text = proc(session.pid, "status")
    if text is None:
        raise SystemExit("cannot read the server process's memory: "
                         "is the server on this machine, and is it Linux?")
    return {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.M)}


def measure(server, call, text):
    """Sends a migration in one way; returns peak and rest in kB, and its Cost."""
    server.create_database("memory", "memory_template")
    cost = Cost()
    with server.connect("memory") as session:
        # what any session does once: load the library, fill caches
        session.query("SELECT migrate.migrate_apply('0', 'SELECT 1')")
        session.query("SELECT run('SELECT 1')")
        before = status(session)
        cost.add(session, lambda: call(session, text))
        after = status(session)
    return after["VmHWM"] - before["VmHWM"], after["RssAnon"] - before["RssAnon"], cost


def shapes(server, names, rounds, scale):
    """Measures the shapes and prints their table."""
    rows, verdicts = [], []
    for name in names:
        make, size = SHAPES[name]
        text = make(size // scale).encode()
        found = {way: [] for way in CALLS}
        for _ in range(rounds):
            for way, call in CALLS.items():
                found[way].append(measure(server, call, text))
        peaks = {way: median([peak for peak, _, _ in values]) for way, values in found.items()}
        seconds = {way: median([cost.wall for _, _, cost in values])
                   for way, values in found.items()}
        for way, values in found.items():
            rows.append([name, way, f"{len(text) / MB:.1f}", f"{peaks[way] / 1024:.1f}",
                         f"{(peaks[way] - peaks['simple']) / 1024:+.1f}",
                         f"{median([left for _, left, _ in values]) / 1024:.1f}",
                         f"{seconds[way]:.2f}", f"{median([c.cpu for _, _, c in values]):.2f}",
                         f"{seconds[way] / seconds['simple']:.2f}"])
        more = peaks["migrate_apply"] - peaks["simple"]
        verdicts.append(f"{name}: {more / 1024:+.1f} MB over simple, target "
                        f"{PEAK_TARGET // 1024:+d}: {'met' if more <= PEAK_TARGET else 'MISSED'}")
    table(["shape", "way", "text MB", "peak MB", "more", "left MB", "wall s", "CPU s", "ratio"],
          rows)
    print(*verdicts, "", sep="\n", flush=True)


def fail(session, number):
    """A migration that fails."""
    try:
        session.query("SELECT migrate.migrate_apply($1, 'SELECT 1/0')", f"f{number}")
    except libpq.Error as error:
        if error.sqlstate == "22012":
            return
        raise


MANY = {
    "migrate_apply of nothing": lambda s, n: s.query(
        "SELECT migrate.migrate_apply($1, '-- nothing')", f"n{n:08}"),
    "migrate_apply of a query": lambda s, n: s.query(
        "SELECT migrate.migrate_apply($1, 'SELECT 1; SET work_mem = ''8MB''')", f"q{n:08}"),
    "migrate_apply, unchanged": lambda s, n: s.query(
        "SELECT migrate.migrate_apply('n00000001', '-- nothing')"),
    "migrate_apply that fails": fail,
    "apply and roll back": lambda s, n: (
        s.query("SELECT migrate.migrate_apply($1, '', '')", f"r{n:08}"),
        s.query("SELECT migrate.migrate_rollback()")),
    "migrate_health": lambda s, n: s.query("SELECT * FROM migrate.migrate_health()"),
    "migrate_stamp": lambda s, n: s.query("SELECT migrate.migrate_stamp($1, '', '')", f"s{n:08}"),
}


def many_calls(server, count):
    """Prints how the session grows when it calls something very often."""
    rows, worst = [], 0
    server.create_database("memory", "memory_template")
    for name, call in MANY.items():
        with server.connect("memory") as session:
            for number in range(100):
                call(session, number)
            before = status(session)["RssAnon"]
            # one after a rollback is slow with a long ledger; see ledger_size.py
            times = count // 10 if "roll" in name else count
            for number in range(100, 100 + times):
                call(session, number)
            grown = status(session)["RssAnon"] - before
        worst = max(worst, grown)
        rows.append([name, f"{times:,}", f"{grown / 1024:.2f}"])
    table(["many calls in one session", "calls", "growth MB"], rows)
    print(f"growth: worst {worst / 1024:.2f} MB, target {GROWTH_TARGET // 1024}: "
          f"{'met' if worst <= GROWTH_TARGET else 'MISSED'}\n", flush=True)


def lock_table(server):
    """Runs a migration that needs more locks than there are."""
    server.create_database("memory", "memory_template")
    with server.connect("memory") as session:
        slots = int(session.value(
            "SELECT current_setting('max_locks_per_transaction')::int"
            " * (current_setting('max_connections')::int"
            " + current_setting('max_prepared_transactions')::int)"))
        text = "".join(f"CREATE TABLE lock{n} ();\n" for n in range(4 * slots))
        try:
            session.query("SELECT migrate.migrate_apply('1', $1)", text)
            raise SystemExit("lock table: the migration succeeded, which proves nothing")
        except libpq.Error as error:
            print(f"lock table: {4 * slots:,} tables in a server with {slots:,} locks:"
                  f" {error.sqlstate} {error.message}\n  {error.context}")
            state = error.sqlstate
        left = session.query(
            "SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'lock%'),"
            " (SELECT count(*) FROM migrate.migrate_ledger),"
            " (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
            "  AND locktype = 'advisory'),"
            " (SELECT bool_and(ok) FROM migrate.migrate_verify())")[0]
        again = session.value("SELECT migrate.migrate_apply('1', 'CREATE TABLE lock1 ()')")
    clean = state == "53200" and left == ("0", "0", "0", "t") and again == "applied"
    print(f"  left behind: {left[0]} tables, {left[1]} ledger entries, {left[2]} locks; "
          f"migrate_verify() {'ok' if left[3] == 't' else 'NOT ok'}; the next migration: {again}"
          f"\n  {'clean' if clean else 'NOT CLEAN'}")


def main():
    """Measures all and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shape", action="append", choices=SHAPES, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one round")
    args = parser.parse_args()
    scale = 10 if args.quick else 1

    with Server(shared_buffers="16MB", max_locks_per_transaction="1024") as server:
        print(f"{args.rounds} rounds; PostgreSQL {server.version}, shared_buffers "
              f"{server.admin.value('SHOW shared_buffers')}; {load()}\n", flush=True)
        server.create_database("memory_template", None, SETUP)
        shapes(server, args.shape or SHAPES, 1 if args.quick else args.rounds, scale)
        if args.shape:
            return
        many_calls(server, 10000 // scale)
        if not server.temporary:
            lock_table(server)
    if server.temporary:
        with Server(max_connections="10", max_locks_per_transaction="10") as server:
            server.create_database("memory_template", None, SETUP)
            lock_table(server)


if __name__ == "__main__":
    main()
