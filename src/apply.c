/*-------------------------------------------------------------------------
 *
 * apply.c
 *	  migrate_apply(): one migration and its ledger entry, or neither.
 *
 * All happens in the caller's transaction, so a failure at any point leaves
 * neither the migration's effects nor an entry.  Everything that can be found
 * wrong with the migration is found before its first statement runs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "apply.h"
#include "drift/upkeep.h"
#include "executor.h"
#include "gate.h"
#include "ledger_append.h"
#include "lint/at_apply.h"
#include "settings.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_apply);

static bool
same_bytes(text *a, text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/*
 * Is the migration's up SQL what the entry records?  By checksum, or to the
 * letter should a new major version's scanner cut it into other tokens.
 */
bool
apply_same_up_sql(const Migration *migration, const LedgerEntry *entry)
{
	bytea	   *checksum;

	if (entry->nulls[L_UP_SQL])
		return false;
	checksum = DatumGetByteaPP(entry->values[L_CHECKSUM]);
	return memcmp(VARDATA_ANY(checksum), migration->up->checksum, PG_SHA256_DIGEST_LENGTH) == 0 ||
		same_bytes(migration->up_sql, DatumGetTextPP(entry->values[L_UP_SQL]));
}

/*
 * Is the migration's down SQL, read, other than what the entry records?
 */
static bool
is_new_down_sql(const Migration *migration, const LedgerEntry *entry)
{
	text	   *recorded;
	Script	   *script;
	bool		result;

	if (migration->down == NULL)
		return false;
	if (entry->nulls[L_DOWN_SQL])
		return true;
	recorded = DatumGetTextPP(entry->values[L_DOWN_SQL]);
	if (same_bytes(migration->down_sql, recorded))
		return false;
	script = script_read(migration->version, true, recorded);
	result = memcmp(script->checksum, migration->down->checksum, PG_SHA256_DIGEST_LENGTH) != 0;
	script_free(script);
	return result;
}

static bool
is_new_description(const Migration *migration, const LedgerEntry *entry)
{
	return migration->description != NULL &&
		(entry->nulls[L_DESCRIPTION] ||
		 !same_bytes(migration->description, DatumGetTextPP(entry->values[L_DESCRIPTION])));
}

/*
 * Are there dependencies that the entry does not record, or fewer?  None at
 * all means that they were not given.
 */
static bool
is_new_dependencies(const Migration *migration, const LedgerEntry *entry)
{
	return migration_dependencies(migration) != NIL &&
		!migration_has_dependencies_of(migration, migration_from_entry(entry));
}

/*
 * Does the migration, read, bring down SQL, a description or dependencies that
 * the entry does not record?  What it leaves NULL does not count.
 */
bool
apply_is_news(const Migration *migration, const LedgerEntry *entry)
{
	return is_new_down_sql(migration, entry) || is_new_description(migration, entry) ||
		is_new_dependencies(migration, entry);
}

/*
 * Raises 55000 if a new dependency of an applied version was applied after it:
 * so that dependencies cannot run in a circle, and can be undone in order.
 */
static void
check_applied_before(const Ledger *ledger, const Migration *migration, const LedgerEntry *latest)
{
	ListCell   *cell;

	foreach(cell, migration_dependencies(migration))
	{
		LedgerEntry *dependency = ledger_lookup(ledger, lfirst(cell));

		if (ledger_entry_int64(dependency, L_APPLIED_SEQ) > ledger_entry_int64(latest, L_APPLIED_SEQ))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("applied migration \"%s\" cannot depend on \"%s\"",
							migration->version, (char *) lfirst(cell)),
					 errdetail("\"%s\" was applied after it.", (char *) lfirst(cell)),
					 errhint("Leave it out of depends_on.")));
	}
}

/*
 * Records what the caller gives that the latest event of the applied version
 * does not have.  What the caller leaves NULL stays.  Returns the outcome.
 */
const char *
apply_amend(const Ledger *ledger, Migration *migration, const LedgerEntry *latest,
			bool new_up_sql)
{
	bool		new_dependencies;
	LedgerEntry *entry;

	if (!new_up_sql && !apply_is_news(migration, latest))
		return "unchanged";
	new_dependencies = is_new_dependencies(migration, latest);

	migration_parse(migration);
	if (new_dependencies)
	{
		apply_check_dependencies(ledger, migration);
		check_applied_before(ledger, migration, latest);
	}

	entry = migration_to_entry(migration, LEDGER_AMEND);
	if (!new_up_sql)
	{
		ledger_entry_copy(entry, latest, L_UP_SQL);
		ledger_entry_copy(entry, latest, L_CHECKSUM);
		ledger_entry_copy(entry, latest, L_TRANSACTIONAL);
	}
	if (migration->down_sql == NULL)
		ledger_entry_copy(entry, latest, L_DOWN_SQL);
	if (migration->description == NULL)
		ledger_entry_copy(entry, latest, L_DESCRIPTION);
	if (!new_dependencies)
		ledger_entry_copy(entry, latest, L_DEPENDS_ON);
	migration_free_scripts(migration);
	ledger_append(ledger, entry, latest);
	return "amended";
}

/*
 * Raises 55000 unless all that the migration depends on is applied.
 */
void
apply_check_dependencies(const Ledger *ledger, const Migration *migration)
{
	StringInfoData missing;
	ListCell   *cell;

	initStringInfo(&missing);
	foreach(cell, migration_dependencies(migration))
	{
		const char *dependency = lfirst(cell);

		if (!ledger_entry_is_applied(ledger_lookup(ledger, dependency)))
			appendStringInfo(&missing, "%s\"%s\"", missing.len ? ", " : "", dependency);
	}
	if (missing.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" depends on migrations that are not applied",
						migration->version),
				 errdetail("Not applied: %s.", missing.data),
				 errhint("Apply them first.")));
}

/*
 * Follows neon_migrate.out_of_order if an applied version is newer.  The order
 * of a migration with dependencies is given by those.  "tail" is the latest
 * event of the ledger, or NULL.
 */
void
apply_check_order(const Ledger *ledger, const Migration *migration, const LedgerEntry *tail)
{
	const char *version = migration->version;
	char	   *newest;

	/* the place of one with dependencies is given by these */
	if (settings_out_of_order == OUT_OF_ORDER_ALLOW || migration_dependencies(migration) != NIL)
		return;
	newest = ledger_newest(ledger, tail);
	if (newest == NULL || version_compare(version, newest) >= 0)
		return;
	if (settings_out_of_order == OUT_OF_ORDER_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" is older than \"%s\", which is applied",
						version, newest),
				 errdetail("The setting neon_migrate.out_of_order is \"error\"."),
				 errhint("Give it a newer version, or SET neon_migrate.out_of_order = 'warn'.")));
	ereport(WARNING,
			(errmsg("migration \"%s\" is older than \"%s\", which is applied", version, newest),
			 errhint("Databases made from scratch will apply them in the other order.")));
}

/*
 * Runs the up SQL of a migration, which has been read and is not applied, and
 * records it.  "latest" is the latest event of its version, or NULL; "instead"
 * is what to call if it cannot run in a transaction.  With "anew", it was
 * applied before, and is not looked at for what is dangerous.
 */
void
apply_run_up(const Ledger *ledger, Migration *migration, const LedgerEntry *latest,
			 const char *instead, bool anew)
{
	LedgerEntry *entry;
	RunStats	stats;

	apply_check_dependencies(ledger, migration);
	migration_parse(migration);
	script_require_transactional(migration->up, instead);
	if (!anew)
		lint_at_apply(migration->up, false);

	upkeep_begin(ledger);
	executor_run(migration->up, &stats);
	upkeep_record(ledger, migration->version);
	upkeep_end();

	entry = migration_to_entry(migration, LEDGER_APPLY);
	ledger_entry_set_stats(entry, &stats);
	migration_free_scripts(migration);
	ledger_append(ledger, entry, latest);
}

static void
raise_different_sql(const Migration *migration, const LedgerEntry *latest)
{
	LedgerEntry *given = migration_to_entry(migration, LEDGER_APPLY);
	Datum		recorded_hex = DirectFunctionCall2(binary_encode, latest->values[L_CHECKSUM],
												   CStringGetTextDatum("hex"));
	Datum		given_hex = DirectFunctionCall2(binary_encode, given->values[L_CHECKSUM],
												CStringGetTextDatum("hex"));

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" is already applied with different SQL", migration->version),
			 errdetail("The ledger has the checksum %s, the given SQL %s.",
					   TextDatumGetCString(recorded_hex), TextDatumGetCString(given_hex)),
			 errhint("Put the change into a new version. If only the record is to change, use SELECT migrate_stamp(%s, up_sql).",
					 quote_literal_cstr(migration->version))));
}

/*
 * A migration, read, is to be applied that is applied: checks that it is the
 * same, and records what is new of it.  Returns the outcome.
 */
const char *
apply_to_applied(const Ledger *ledger, Migration *migration, const LedgerEntry *latest)
{
	bool		unknown = latest->nulls[L_UP_SQL];

	if (!unknown && !apply_same_up_sql(migration, latest))
		raise_different_sql(migration, latest);
	return apply_amend(ledger, migration, latest, unknown);
}

/*
 * Raises 55000 if steps of the version were begun and not settled, which only
 * a procedure can go on with.
 */
void
apply_check_finished(const Ledger *ledger, const char *version, const LedgerEntry *latest)
{
	if (!ledger_is_unfinished(ledger, version, latest))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" was interrupted", version),
			 errdetail("Some of its steps are done, others are not."),
			 ledger_entry_is_applied(latest) ?
			 errhint("Finish it with CALL migrate_down(), or settle it by hand with migrate_stamp() or migrate_unstamp().") :
			 errhint("Finish it with CALL migrate_up(), or settle it by hand with migrate_stamp() or migrate_unstamp().")));
}

/*
 * Raises 55000 if steps of the version were begun with other up SQL than that
 * of the migration, which has been read.
 */
void
apply_check_resumable(const Ledger *ledger, const Migration *migration,
					  const LedgerEntry *latest)
{
	ListCell   *cell;

	if (!ledger_is_unfinished(ledger, migration->version, latest))
		return;
	foreach(cell, ledger_steps(ledger, migration->version, latest))
	{
		LedgerEntry *step = lfirst(cell);

		if (strcmp(ledger_entry_text(step, L_ACTION), LEDGER_FAILED) != 0 &&
			memcmp(VARDATA_ANY(DatumGetByteaPP(step->values[L_CHECKSUM])),
				   migration->up->checksum, PG_SHA256_DIGEST_LENGTH) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("migration \"%s\" was interrupted and cannot go on with different SQL",
							migration->version),
					 errdetail("Some of its steps are done, as the SQL was then."),
					 errhint("Go on with the SQL as it was; or undo the steps by hand, run SELECT migrate_unstamp(%s), and start over.",
							 quote_literal_cstr(migration->version))));
	}
}

/*
 * migrate_apply(version text, up_sql text, down_sql text, description text,
 *				 depends_on text[]) returns text
 *
 * Applies a migration: 'applied', 'unchanged' or 'amended'.
 */
Datum
migrate_apply(PG_FUNCTION_ARGS)
{
	Migration  *migration = migration_from_args(fcinfo, true);
	Ledger	   *ledger;
	LedgerEntry *latest;

	migration_require_up(migration);
	ledger = ledger_open(fcinfo);
	migration_read(migration);
	gate_enter(ledger, "migrate_apply");

	ledger->tail = ledger_tail(ledger);
	latest = ledger_lookup(ledger, migration->version);
	if (ledger_any_unfinished(ledger->tail))
		apply_check_finished(ledger, migration->version, latest);
	if (ledger_entry_is_applied(latest))
		PG_RETURN_TEXT_P(cstring_to_text(apply_to_applied(ledger, migration, latest)));

	apply_check_order(ledger, migration, ledger->tail);
	apply_run_up(ledger, migration, latest, "CALL migrate_run() with the same arguments", false);
	PG_RETURN_TEXT_P(cstring_to_text("applied"));
}
