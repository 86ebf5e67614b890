/*-------------------------------------------------------------------------
 *
 * register_folder.c
 *	  migrate_register_folder() and migrate_folder_known(): for a client that
 *	  has a whole folder of migration files and few round trips to spend.
 *
 * It asks first whether the folder is known; mostly it is.  If not, it sends
 * the contents that the server lacks (file_store.c), then names and checksums.
 *
 * A folder is known if registering it would change nothing and report nothing.
 * That was so right after it was registered.  It still is if all that the
 * ledger says since is that migrations of this folder were applied, as they
 * are on the list of definitions, and if nothing is left pending: what is
 * pending can get other dependencies by what is applied.  After anything else,
 * the folder is not known and has to be registered again, which costs no more
 * than time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "definition.h"
#include "file_args.h"
#include "file_store.h"
#include "folder.h"
#include "gate.h"
#include "register_files.h"
#include "sha256.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_folder_known);
PG_FUNCTION_INFO_V1(migrate_register_folder);

/*
 * Returns the number of the latest event, 0 if there is none.
 */
static int64
last_seq(const Ledger *ledger)
{
	LedgerEntry *tail = ledger_tail(ledger);

	return tail ? ledger_entry_int64(tail, L_SEQ) : 0;
}

/*
 * Is the version one of these, which are sorted?
 */
static bool
is_among(const char *version, char **versions, int count)
{
	int			low = 0;

	while (low < count)
	{
		int			middle = low + (count - low) / 2;
		int			result = strcmp(version, versions[middle]);

		if (result == 0)
			return true;
		if (result < 0)
			count = middle;
		else
			low = middle + 1;
	}
	return false;
}

/*
 * Is it an event of applying its version, as its definition has it?
 */
static bool
is_as_registered(const Ledger *ledger, const LedgerEntry *event)
{
	char	   *direction = ledger_entry_text(event, L_DIRECTION);
	Migration  *definition;

	/* what the steps of a migration come to, its last event tells */
	if (direction)
		return strcmp(direction, "up") == 0;
	if (strcmp(ledger_entry_text(event, L_ACTION), LEDGER_APPLY) != 0)
		return false;
	definition = definition_lookup(ledger, ledger_entry_text(event, L_VERSION));
	return definition && migration_is_same_text(definition, migration_from_entry(event));
}

/*
 * Is all that happened after event "from" that the versions of the folder were
 * applied as registered?
 */
static bool
is_only_applied_since(const Ledger *ledger, Datum checksum, int64 from)
{
	ArrayType  *array = folder_versions(ledger, checksum);
	LedgerEntry *tail = ledger_tail(ledger);
	int64		upto = tail ? ledger_entry_int64(tail, L_SEQ) : 0;
	Datum	   *elements;
	char	  **versions;
	int			count;
	MemoryContext context,
				old_context;
	bool		result;

	if (array == NULL || from >= upto || ledger_entry_int64(tail, L_UNFINISHED_TOTAL) > 0 ||
		definition_pending_count(ledger) > 0)
		return array != NULL && from == upto;
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	versions = palloc(sizeof(char *) * Max(count, 1));
	for (int i = 0; i < count; i++)
		versions[i] = TextDatumGetCString(elements[i]);

	context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate event",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	do
	{
		LedgerEntry *event;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(context);
		event = ledger_event(ledger, ++from);
		result = is_among(ledger_entry_text(event, L_VERSION), versions, count) &&
			is_as_registered(ledger, event);
	} while (result && from < upto);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	return result;
}

/*
 * migrate_folder_known(folder bytea) returns boolean
 *
 * Would registering the folder with this checksum change nothing?  If it takes
 * a look at the ledger to tell, the answer is kept, so that the next call need
 * not look; but not on a standby, in a read-only transaction, or while
 * another session has the gate.
 */
Datum
migrate_folder_known(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	Datum		checksum;
	int64		seq,
				upto;
	bool		held;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("folder must not be null"),
				 errhint("Pass the checksum of the folder.")));
	checksum = PG_GETARG_DATUM(0);
	if (!folder_find(ledger, checksum, &seq))
		PG_RETURN_BOOL(false);
	if (seq == last_seq(ledger))
		PG_RETURN_BOOL(true);

	/* others may have come in between */
	held = gate_try();
	if (held && !folder_find(ledger, checksum, &seq))
		PG_RETURN_BOOL(false);
	upto = last_seq(ledger);
	if (!is_only_applied_since(ledger, checksum, seq))
		PG_RETURN_BOOL(false);
	if (held && seq != upto)
		folder_renew(ledger, checksum, upto);
	PG_RETURN_BOOL(true);
}

static void
add_text(pg_cryptohash_ctx *hash, Datum value, bool is_contents)
{
	size_t		length;
	const char *bytes = sha256_utf8(value, &length);

	if (is_contents)
	{
		uint64		n = pg_hton64((uint64) length);

		sha256_add(hash, &n, sizeof(n));
		sha256_add(hash, bytes, length);
	}
	else
	{
		sha256_add(hash, bytes, length);
		sha256_add(hash, "", 1);
	}
}

/*
 * Returns the checksum of a folder, as clients compute it: over the name of the
 * format, empty if it is not named, and a zero byte; then of each file its path,
 * a zero byte, the length of its contents as eight bytes, the highest first, and
 * its contents.
 */
static bytea *
folder_checksum(const char *format, Datum *paths, Datum *contents, int count)
{
	pg_cryptohash_ctx *hash = sha256_start();

	add_text(hash, CStringGetTextDatum(format ? format : ""), false);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_text(hash, paths[i], false);
		add_text(hash, contents[i], true);
	}
	return sha256_finish(hash);
}

/*
 * Raises 55000 unless the contents of all files are there.
 */
static void
check_stored(Datum *paths, Datum *contents, int count)
{
	int			missing = 0,
				first = 0;

	for (int i = count - 1; i >= 0; i--)
		if (contents[i] == (Datum) 0)
		{
			missing++;
			first = i;
		}
	if (missing == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the contents of file \"%s\" are not stored",
					format_label(TextDatumGetCString(paths[first]))),
			 errdetail_plural("Those of %d file of %d are missing.",
							  "Those of %d files of %d are missing.", missing, missing, count),
			 errhint("Pass them to migrate_store_files(), in the same transaction as this call; migrate_files_missing() tells which they are.")));
}

/*
 * Is the version, which is in the ledger, one of those of the migration, as it
 * was read?
 */
static bool
is_version_of(const char *version, const FormatMigration *migration)
{
	size_t		length = strlen(migration->version);

	if (migration->kind != FORMAT_REPEATABLE)
		return strcmp(version, migration->version) == 0;
	return strncmp(version, migration->version, length) == 0 && version[length] == '#' &&
		version[length + 1 + strspn(version + length + 1, "0123456789")] == '\0';
}

/*
 * Returns the latest event of the version applied last, if the files do not
 * have that version, else NULL.
 *
 * But a version that comes before all of the files is none that they lack:
 * they begin after it, as after a baseline.  (Not where the order is no matter
 * of versions.)
 */
static LedgerEntry *
find_ahead(const Ledger *ledger, const MigrationFiles *set)
{
	LedgerEntry *head = ledger_head(ledger, ledger_tail(ledger));
	bool		is_first = !set->format->chained;
	ListCell   *cell;
	char	   *version;

	if (head == NULL)
		return NULL;
	version = ledger_entry_text(head, L_VERSION);
	foreach(cell, set->migrations)
	{
		FormatMigration *migration = lfirst(cell);

		if (is_version_of(version, migration))
			return NULL;
		is_first = is_first && version_compare(version, migration->version) < 0;
	}
	return is_first ? NULL : head;
}

static void
raise_ahead(const Ledger *ledger, const LedgerEntry *head)
{
	LedgerEntry *applied = ledger_event(ledger, ledger_entry_int64(head, L_APPLIED_SEQ));

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the history is ahead of the files"),
			 errdetail("Migration \"%s\" was applied last, by \"%s\" at %s, and no file has it.",
					   ledger_entry_text(head, L_VERSION),
					   ledger_entry_text(applied, L_APPLIED_BY),
					   timestamptz_to_str(DatumGetTimestampTz(applied->values[L_STARTED_AT]))),
			 errhint("Get the newest files. To register these all the same, pass allow_ahead => true.")));
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/*
 * Returns the versions of the migrations, sorted as by strcmp().
 */
static ArrayType *
sorted_versions(const List *migrations)
{
	int			count = list_length(migrations);
	char	  **versions = palloc(sizeof(char *) * Max(count, 1));
	Datum	   *elements = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		versions[i] = ((FormatMigration *) list_nth(migrations, i))->version;
	qsort(versions, count, sizeof(char *), compare_texts);
	for (int i = 0; i < count; i++)
		elements[i] = CStringGetTextDatum(versions[i]);
	return construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * migrate_register_folder(paths text[], checksums bytea[], format text,
 *		allow_ahead boolean)
 *		returns table (version text, outcome text, up_path text, down_path text)
 *
 * Puts the migrations in the files, whose contents are stored, on the pending
 * list, as migrate_register_files() does; and notes that the folder is known.
 */
Datum
migrate_register_folder(PG_FUNCTION_ARGS)
{
	int			npaths,
				nchecksums;
	Datum	   *paths = file_args_paths(fcinfo, 0, &npaths);
	Datum	   *checksums = file_args_checksums(fcinfo, 1, &nchecksums);
	char	   *format = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Ledger	   *ledger = ledger_open(fcinfo);
	Datum	   *contents;
	LedgerEntry *ahead;
	MigrationFiles		set;

	file_args_check_counts(npaths, nchecksums, "checksums");
	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("allow_ahead must not be null"),
				 errhint("Pass true or false.")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (npaths == 0)
		return (Datum) 0;
	gate_enter(ledger, "migrate_register_folder");
	contents = file_store_keep(ledger, checksums, npaths);
	check_stored(paths, contents, npaths);
	register_files_read(&set, paths, contents, npaths, format);
	if (set.migrations == NIL)
		return (Datum) 0;

	ahead = find_ahead(ledger, &set);
	if (ahead && !PG_GETARG_BOOL(3))
		raise_ahead(ledger, ahead);
	if (ahead)
		ereport(WARNING,
				(errmsg("the history is ahead of the files"),
				 errdetail("No file has migration \"%s\", which was applied last.",
						   ledger_entry_text(ahead, L_VERSION))));
	set.is_folder = true;
	register_files_put(&set, ledger, (ReturnSetInfo *) fcinfo->resultinfo);
	if (ahead)
		folder_forget(ledger);
	else
		folder_record(ledger,
					  PointerGetDatum(folder_checksum(format, paths, contents, npaths)),
					  format, sorted_versions(set.migrations), last_seq(ledger));
	return (Datum) 0;
}
