"""
server.py: the server that a benchmark runs on, and databases in it.

If the environment names one (PGHOST, PGPORT or PGSERVICE), that is used, with
libpq's own rules; its user must be a superuser.  Otherwise a throw-away server
is made with the PostgreSQL that pg_config (or $PG_CONFIG) is of, in a
temporary folder under $TMPDIR, reachable there only (on port 55420, or
$BENCH_PORT), and removed at the end.  PostgreSQL refuses to run as root: root
starts it as user "postgres", or $BENCH_USER.

The databases are called nm_bench_...; those that are there are dropped.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile

import libpq

# What a throw-away server is started with: no disk waits, no work in the
# background that would hit one variant and not the other.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off",
            "listen_addresses": "", "max_connections": "100", "log_min_messages": "fatal",
            "log_min_error_statement": "panic", "max_wal_size": "4GB", "checkpoint_timeout": "1h"}


PREFIX = "nm_bench_"


def from_environment():
    """Does the environment name a server?"""
    return any(os.environ.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"))


def _quote(value):
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


class Server:
    """Use it in a with statement.  "settings" are for a throw-away server only."""

    def __init__(self, **settings):
        self.temporary = not from_environment()
        self.settings = {**SETTINGS, **settings}
        self.folder = None
        self.databases = []

    def __enter__(self):
        try:
            if self.temporary:
                self._start()
            self.admin = libpq.Connection(self._conninfo(os.environ.get("PGDATABASE", "postgres")))
            self.version = self.admin.value("SHOW server_version").split()[0]
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_exception):
        try:
            if not self.temporary:
                for name in reversed(self.databases):
                    self.drop_database(name)
            self.admin.close()
        finally:
            self._stop()

    def _stop(self):
        if self.folder and os.path.exists(self.folder + "/data/postmaster.pid"):
            self._program("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
        if self.folder:
            shutil.rmtree(self.folder)
            self.folder = None

    def _program(self, name, *args):
        done = subprocess.run([os.path.join(self.bindir, name), *args], cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, **self.as_user)
        if done.returncode != 0:
            raise SystemExit(f"{name} failed:\n{done.stdout}")

    def _start(self):
        self.bindir = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--bindir"],
                                     capture_output=True, text=True, check=True).stdout.strip()
        self.folder = tempfile.mkdtemp(prefix="neon_migrate_bench.")
        self.as_user = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(os.environ.get("BENCH_USER", "postgres"))
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._program("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--no-locale", "--no-sync")
        self.port = os.environ.get("BENCH_PORT", "55420")
        settings = {**self.settings, "unix_socket_directories": self.folder, "port": self.port}
        with open(self.folder + "/data/postgresql.auto.conf", "a", encoding="utf-8") as file:
            for name, value in settings.items():
                file.write(f"{name} = {_quote(value)}\n")
        # its output to a file: the server would keep a pipe of ours open
        self._program("pg_ctl", "-D", "data", "-l", "log", "-w", "start")

    def _conninfo(self, database):
        settings = {"dbname": database, "client_encoding": "UTF8"}
        if self.temporary:
            settings.update(host=self.folder, port=self.port, user="postgres")
        return " ".join(f"{name}={_quote(value)}" for name, value in settings.items())

    def conninfo(self, name):
        """The connection string of one of the databases."""
        return self._conninfo(PREFIX + name)

    def address(self):
        """The host (or the folder of its socket), the port and the user, for other programs."""
        if self.temporary:
            return self.folder, self.port, "postgres"
        return tuple(self.admin.query(
            "SELECT coalesce(nullif($1, ''), host(inet_server_addr()),"
            " split_part(current_setting('unix_socket_directories'), ',', 1)),"
            " current_setting('port'), session_user", os.environ.get("PGHOST", ""))[0])

    def connect(self, name):
        """A new session in one of the databases."""
        return libpq.Connection(self.conninfo(name))

    def create_database(self, name, template=None, *statements):
        """Makes a database anew, a copy of "template", and runs statements in it."""
        self.drop_database(name)
        self.admin.simple(f'CREATE DATABASE "{PREFIX}{name}"' +
                          (f' TEMPLATE "{PREFIX}{template}"' if template else ""))
        self.databases.append(name)
        with self.connect(name) as session:     # also makes its cache files
            for statement in statements:
                session.simple(statement)

    def drop_database(self, name):
        """Drops a database, if it is there."""
        self.admin.simple(f'DROP DATABASE IF EXISTS "{PREFIX}{name}" WITH (FORCE)')
        if name in self.databases:
            self.databases.remove(name)


CREATE_EXTENSION = "CREATE SCHEMA migrate; CREATE EXTENSION neon_migrate SCHEMA migrate"


def proc(pid, file):
    """The text of a file of process "pid" in /proc, or None if that is not a server's."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
            if not re.match(r"postgres|postmaster", comm.read()):
                return None
        with open(f"/proc/{pid}/{file}", encoding="utf-8") as text:
            return text.read()
    except OSError:
        return None
