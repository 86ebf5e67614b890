"""
rivals.py: the migration tools that latency.py compares, neon_migrate first.

Each is the program that its users run, from the package registry of its own
language, found in the path.  Each gets the same SQL, in files as it wants them,
and is called as its documentation has it for a deployment: without dumps of
the schema and other extras.
"""

import os
import re
import shutil
import subprocess

# what the tools keep in schema public for themselves
BOOKKEEPING = ("^(schema_migrations|goose_db_version|alembic_version|flyway_schema_history|"
               "pgmigrations)")


class Target:
    """The database to migrate, as seen by the tool: a TCP port here, without TLS."""

    def __init__(self, host, port, user, database):
        self.host, self.port, self.user, self.database = host, port, user, database

    def url(self, scheme="postgres", options="?sslmode=disable"):
        """Its URL."""
        return f"{scheme}://{self.user}@{self.host}:{self.port}/{self.database}{options}"


class Tool:
    """A tool; "path" is where its program is, or None if it is not there."""

    name = program = ""
    version_args = ["--version"]

    def __init__(self, path=None):
        self.path = shutil.which(path or self.program)

    def version(self):
        """What it says that it is, in short."""
        done = subprocess.run([self.path, *self.version_args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        found = re.search(r"\d+(\.\d+)+", done.stdout)
        return found.group() if found else ""

    def write(self, folder, migrations, new):
        """Writes the files of the last "new" migrations into a folder that has the others."""
        for version, up, down, _ in migrations[len(migrations) - new:]:
            for name, text in self.files(version, up, down).items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)

    def files(self, version, up, down):
        """The names and contents of a migration's files."""
        raise NotImplementedError

    def arguments(self, folder, target):
        """What the program is called with to apply all that is pending."""
        raise NotImplementedError

    def environment(self, _target):
        """Variables that the program needs."""
        return {}

    def start(self, folder, target):
        """Starts the program; its output goes to a pipe."""
        return subprocess.Popen([self.path, *self.arguments(folder, target)], cwd=folder,
                                env={**os.environ, **self.environment(target)},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace")


class NeonMigrate(Tool):
    """Ours."""

    name = program = "neon_migrate"

    def files(self, version, up, down):
        return {f"{version}_step.sql": f"-- migrate:up\n{up}\n-- migrate:down\n{down}"}

    def arguments(self, folder, target):
        return ["up", "--dir", folder]

    def environment(self, target):
        return {"DATABASE_URL": target.url()}


class Dbmate(Tool):
    """npm: dbmate.  Its "up" would ask first whether the database is there."""

    name = program = "dbmate"

    def files(self, version, up, down):
        return {f"{version}_step.sql": f"-- migrate:up\n{up}\n-- migrate:down\n{down}"}

    def arguments(self, folder, target):
        return ["--url", target.url(), "--migrations-dir", folder, "--no-dump-schema", "migrate"]


class GolangMigrate(Tool):
    """Go: github.com/golang-migrate/migrate/v4/cmd/migrate, with the tag postgres."""

    name, program = "golang-migrate", "migrate"

    def files(self, version, up, down):
        return {f"{version}_step.up.sql": up, f"{version}_step.down.sql": down}

    def arguments(self, folder, target):
        return ["-path", folder, "-database", target.url(), "up"]


class Goose(Tool):
    """Go: github.com/pressly/goose/v3/cmd/goose.  A migration is sent in one piece."""

    name = program = "goose"

    def files(self, version, up, down):
        def block(direction, sql):
            return (f"-- +goose {direction}\n-- +goose StatementBegin\n{sql}"
                    "-- +goose StatementEnd\n")
        return {f"{version}_step.sql": block("Up", up) + block("Down", down)}

    def arguments(self, folder, target):
        return ["-dir", folder, "postgres", target.url(), "up"]


class Sqitch(Tool):
    """CPAN: App::Sqitch and DBD::Pg; it runs psql for each change."""

    name = program = "sqitch"

    def write(self, folder, migrations, new):
        for part in ("deploy", "revert"):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
        super().write(folder, migrations, new)
        plan = "%syntax-version=1.0.0\n%project=bench\n\n" + "".join(
            f"step{version} 2026-01-01T00:00:00Z Bench <bench@example.com> # A step\n"
            for version, *_ in migrations)
        for name, text in (("sqitch.plan", plan), ("sqitch.conf", "[core]\n\tengine = pg\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def files(self, version, up, down):
        return {f"{part}/step{version}.sql": f"BEGIN;\n{sql}COMMIT;\n"
                for part, sql in (("deploy", up), ("revert", down))}

    def arguments(self, folder, target):
        return ["deploy", target.url("db:pg", "")]

    def environment(self, target):
        return {"SQITCH_FULLNAME": "Bench", "SQITCH_EMAIL": "bench@example.com",
                "PGSSLMODE": "disable"}


class Alembic(Tool):
    """PyPI: alembic and psycopg.  The environment is the one that "alembic init" writes."""

    name = program = "alembic"
    ENVIRONMENT = """\
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""

    def write(self, folder, migrations, new):
        os.makedirs(folder + "/versions", exist_ok=True)
        with open(folder + "/env.py", "w", encoding="utf-8") as file:
            file.write(self.ENVIRONMENT)
        versions = [version for version, *_ in migrations]
        before = dict(zip(versions, [None, *versions]))
        for version, up, down, _ in migrations[len(migrations) - new:]:
            with open(f"{folder}/versions/{version}_step.py", "w", encoding="utf-8") as file:
                file.write(f'from alembic import op\n\nrevision = "{version}"\n'
                           f"down_revision = {before[version]!r}\n\n\n"
                           f"def upgrade():\n    op.execute({up!r})\n\n\n"
                           f"def downgrade():\n    op.execute({down!r})\n")

    def arguments(self, folder, target):
        with open(folder + "/alembic.ini", "w", encoding="utf-8") as file:
            file.write(f"[alembic]\nscript_location = {folder}\n"
                       f"sqlalchemy.url = {target.url('postgresql+psycopg')}\n")
        return ["-c", folder + "/alembic.ini", "upgrade", "head"]


class Flyway(Tool):
    """Maven Central: flyway-core, flyway-database-postgresql and postgresql."""

    name = program = "flyway"
    version_args = ["-v"]

    def files(self, version, up, down):
        return {f"V{version}__step.sql": up}

    def arguments(self, folder, target):
        return [f"-url=jdbc:postgresql://{target.host}:{target.port}/{target.database}"
                "?sslmode=disable", f"-user={target.user}", f"-locations=filesystem:{folder}",
                "migrate"]


class NodePgMigrate(Tool):
    """npm: node-pg-migrate and pg."""

    name = program = "node-pg-migrate"

    def files(self, version, up, down):
        # a time in milliseconds is what it makes of names itself
        number = 1767225600000 + int(version) - 20260101000000
        return {f"{number}_step.sql": f"-- Up Migration\n{up}\n-- Down Migration\n{down}"}

    def arguments(self, folder, target):
        return ["up", "-m", folder]

    def environment(self, target):
        return {"DATABASE_URL": target.url()}


TOOLS = [NeonMigrate, Dbmate, GolangMigrate, Goose, Sqitch, Alembic, Flyway, NodePgMigrate]
