/*-------------------------------------------------------------------------
 *
 * commands.c
 *	  The commands, and what --help says of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <limits.h>

#include "commands.h"

static const Command commands[] = {
	{"init", "", "Installs the extension, and makes the folder", 0, TAKES_DIR | TAKES_SCHEMA,
		"Makes the folder of migrations and a file .env.example, and installs the extension in the\n"
		"database.  What is there already stays.  Without a database to connect to, only the files\n"
		"are made.\n\n"
		"Examples:\n"
		"  neon_migrate init\n"
		"  neon_migrate init --schema migrate     # a schema of its own, made if need be",
	command_init},
	{"new", "NAME", "Makes a file for a new migration", INT_MAX, TAKES_DIR | TAKES_FORMAT | TAKES_DESIRED,
		"The file is called after the time (UTC) and the name, and written like the others in the\n"
		"folder.\n\n"
		"Examples:\n"
		"  neon_migrate new create users\n"
		"  neon_migrate new create_users --format golang-migrate\n"
		"  neon_migrate new add_nick --desired schema.sql   # with up and down SQL",
	command_new},
	{"up", "", "Applies what is pending", 0, TAKES_FOLDER | TAKES_TO | TAKES_ATOMIC | TAKES_DRY_RUN,
		"Each migration in a transaction of its own; statements that refuse one (CREATE INDEX\n"
		"CONCURRENTLY) as steps.  After an interruption, the next up goes on.\n\n"
		"Examples:\n"
		"  neon_migrate up\n"
		"  neon_migrate up --to 20260101120000\n"
		"  neon_migrate up --atomic               # all or nothing\n"
		"  neon_migrate up --dry-run              # takes the locks, and rolls back",
	command_up},
	{"down", "[N]", "Undoes the last migration, or the last N", 1, TAKES_TO | TAKES_ALL | TAKES_ATOMIC,
		"By the down SQL in the ledger; no file is needed.\n\n"
		"Examples:\n"
		"  neon_migrate down\n"
		"  neon_migrate down 3\n"
		"  neon_migrate down --to 20260101120000  # which stays\n"
		"  neon_migrate down --all",
	command_down},
	{"redo", "[VERSION]", "Undoes a migration and applies it again", 1, 0,
		"By the SQL in the ledger, in one transaction.  Without a version, the one applied last.\n\n"
		"Examples:\n"
		"  neon_migrate redo\n"
		"  neon_migrate redo 20260101120000",
	command_redo},
	{"status", "", "Shows all migrations and their states", 0, TAKES_FOLDER | TAKES_EXIT_CODE,
		"Of the database and of the folder.  Nothing is changed.\n\n"
		"Examples:\n"
		"  neon_migrate status\n"
		"  neon_migrate status --exit-code        # for CI: 2 if something is pending",
	command_status},
	{"history", "", "Shows what was done, oldest first", 0, TAKES_LIMIT,
		"With --verbose: by whom, from where, how much WAL, and the hashes, too.\n\n"
		"Examples:\n"
		"  neon_migrate history --limit 20\n"
		"  neon_migrate history --verbose --json",
	command_history},
	{"current", "", "Shows the version applied last", 0, 0,
		"Nothing but the version, and an empty line if there is none.\n\n"
		"Example:\n"
		"  neon_migrate current",
	command_current},
	{"stamp", "[VERSION]...", "Records migrations as applied, without running them", INT_MAX,
		TAKES_FOLDER | TAKES_ALL | TAKES_TO | TAKES_UNDO,
		"For a database that has them already.  Their SQL is taken from the folder.\n\n"
		"Examples:\n"
		"  neon_migrate stamp 20260101120000\n"
		"  neon_migrate stamp --to 20260101120000 # and all before it\n"
		"  neon_migrate stamp --all\n"
		"  neon_migrate stamp --undo 20260101120000",
	command_stamp},
	{"verify", "", "Checks that nobody has changed the history", 0, TAKES_HEAD,
		"Exits with 1 if somebody has.  The newest hash, kept elsewhere, finds a history that was\n"
		"made anew.\n\n"
		"Examples:\n"
		"  neon_migrate verify\n"
		"  neon_migrate verify --head af9e3dd01c56...",
	command_verify},
	{"lint", "[FILE]...", "Tells what is dangerous in pending migrations", INT_MAX, TAKES_DIR | TAKES_FORMAT,
		"For the tables as they are in the database; nothing is run.  With files, of those, pending or\n"
		"not.  Exits with 2 if there is a warning or an error.\n\n"
		"Examples:\n"
		"  neon_migrate lint\n"
		"  neon_migrate lint migrations/20260101120000_users.sql",
	command_lint},
	{"drift", "", "Shows what was changed outside of the migrations", 0, TAKES_ACCEPT,
		"Compares the schema with the one that the migrations left.  Exits with 2 if they differ.\n\n"
		"Examples:\n"
		"  neon_migrate drift\n"
		"  neon_migrate drift --accept 'index made by hand in the night of the 3rd'",
	command_drift},
	{"diff", "[FILE]", "Prints the SQL that makes the schema into a desired one", 1, TAKES_DOWN,
		"The file, or standard input, has a whole schema as SQL: what an ORM prints, or pg_dump -s.\n"
		"Nothing is changed.  Exits with 2 if there is a difference.\n\n"
		"Examples:\n"
		"  neon_migrate diff schema.sql\n"
		"  neon_migrate diff schema.sql --down    # the way back\n"
		"  print-my-models | neon_migrate diff",
	command_diff},
	{"snapshot", "", "Writes the schema as text, for version control", 0, TAKES_OUTPUT | TAKES_CHECK,
		"A block of lines for each object, sorted; the same schema gives the same text.\n\n"
		"Examples:\n"
		"  neon_migrate snapshot --output schema.txt\n"
		"  neon_migrate snapshot --check schema.txt   # for CI: 2 if it differs",
	command_snapshot},
	{"sql", "", "Prints a script for somebody else to run", 0,
		TAKES_FOLDER | TAKES_FROM | TAKES_TO | TAKES_DOWN | TAKES_ATOMIC,
		"A script for psql that applies what is pending, or the given range, and records it.  The\n"
		"database is asked, and not changed.\n\n"
		"Examples:\n"
		"  neon_migrate sql > up.sql\n"
		"  neon_migrate sql --from 20260101 --to 20260201\n"
		"  neon_migrate sql --down --to 20260101  # undoes what came after",
	command_sql},
	{"health", "", "Tells in a line how things stand", 0, 0,
		"Exits with 2 if something is pending or was interrupted.\n\n"
		"Example:\n"
		"  neon_migrate health --json",
	command_health},
	{"wait", "[VERSION]", "Waits until the server answers and nothing is pending", 1, TAKES_FOLDER | TAKES_TIMEOUT,
		"For a container that must not start before the database is ready.  If the folder is there,\n"
		"all of it has to be applied; with a version, that one.\n\n"
		"Examples:\n"
		"  neon_migrate wait && exec server\n"
		"  neon_migrate wait 20260101120000 --timeout 300   # default: 60",
	command_wait},
};

/*
 * Returns the command of that name, or NULL.
 */
const Command *
command_find(const char *name)
{
	for (int i = 0; i < (int) lengthof(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/*
 * Returns a command by its number, from 0; NULL after the last one.
 */
const Command *
command_at(int number)
{
	return number < (int) lengthof(commands) ? &commands[number] : NULL;
}
