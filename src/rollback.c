/*-------------------------------------------------------------------------
 *
 * rollback.c
 *	  migrate_rollback() and its like: undoes migrations by the down SQL that
 *	  the ledger has of them.
 *
 * Versions are undone in the reverse order of their application, all in the
 * caller's transaction.  Before the first one is touched, each is known to
 * have down SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "apply.h"
#include "compat.h"
#include "drift/upkeep.h"
#include "executor.h"
#include "gate.h"
#include "ledger_append.h"
#include "rollback.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_redo);
PG_FUNCTION_INFO_V1(migrate_rollback);
PG_FUNCTION_INFO_V1(migrate_rollback_all);
PG_FUNCTION_INFO_V1(migrate_rollback_to);

/*
 * Returns the latest event of an applied version, or raises 55000.
 */
LedgerEntry *
rollback_lookup_applied(const Ledger *ledger, const char *version)
{
	LedgerEntry *latest = ledger_lookup(ledger, version);

	if (!ledger_entry_is_applied(latest))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" is not applied", version),
				 latest == NULL ?
				 errdetail("The ledger has no entry of that version.") :
				 errdetail("Its latest event in the ledger is \"%s\".",
						   ledger_entry_text(latest, L_ACTION)),
				 errhint("See SELECT version, state FROM migrate_status.")));
	return latest;
}

/*
 * Raises 55000 if an applied migration depends on "version".
 */
void
rollback_check_dependents(const Ledger *ledger, const char *version)
{
	List	   *dependents = ledger_dependents(ledger, version);
	StringInfoData names;
	ListCell   *cell;

	if (dependents == NIL)
		return;
	initStringInfo(&names);
	foreach(cell, dependents)
		appendStringInfo(&names, "%s\"%s\"", names.len ? ", " : "", (char *) lfirst(cell));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("other migrations depend on migration \"%s\"", version),
			 errdetail("Applied and dependent on it: %s.", names.data),
			 errhint("Roll those back first.")));
}

/*
 * Raises 55000 if the applied version of "entry" has no down SQL.
 */
void
rollback_check_has_down(const LedgerEntry *entry)
{
	char	   *version;

	if (!entry->nulls[L_DOWN_SQL])
		return;
	version = ledger_entry_text(entry, L_VERSION);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" has no down SQL", version),
			 errdetail("The ledger has none for it, so there is no known way to undo it."),
			 errhint("Give it one with SELECT migrate_stamp(%s, NULL, down_sql), or mark it as not applied with SELECT migrate_unstamp(%s).",
					 quote_literal_cstr(version), quote_literal_cstr(version))));
}

/*
 * Returns a new event "action" that keeps what the latest event of the
 * version records.
 */
LedgerEntry *
rollback_entry(const LedgerEntry *latest, const char *action)
{
	static const LedgerColumn kept[] = {
		L_DESCRIPTION, L_UP_SQL, L_DOWN_SQL, L_DEPENDS_ON, L_TRANSACTIONAL, L_CHECKSUM
	};
	LedgerEntry *entry = ledger_entry_new(ledger_entry_text(latest, L_VERSION), action);

	for (int i = 0; i < (int) lengthof(kept); i++)
		ledger_entry_copy(entry, latest, kept[i]);
	return entry;
}

/*
 * Undoes the applied version with the latest event "latest", and records it.
 */
static void
rollback_run_down(const Ledger *ledger, const LedgerEntry *latest)
{
	char	   *version = ledger_entry_text(latest, L_VERSION);
	LedgerEntry *entry = rollback_entry(latest, LEDGER_ROLLBACK);
	Script	   *script;
	RunStats	stats;

	rollback_check_has_down(latest);
	apply_check_finished(ledger, version, latest);
	rollback_check_dependents(ledger, version);
	script = script_read(version, true, DatumGetTextPP(latest->values[L_DOWN_SQL]));
	script_parse(script);
	script_require_transactional(script, "CALL migrate_down()");

	upkeep_begin(ledger);
	executor_run(script, &stats);
	upkeep_record(ledger, version);
	upkeep_end();
	script_free(script);
	ledger_entry_set_stats(entry, &stats);
	ledger_append(ledger, entry, latest);
}

/*
 * Returns the versions to undo, as char *, in order: up to "steps" of them,
 * applied after event "floor".  Raises 55000 if one has no down SQL.
 */
List *
rollback_plan(const Ledger *ledger, int64 steps, int64 floor)
{
	LedgerEntry *tail = ledger_tail(ledger);
	LedgerEntry *latest = ledger_head(ledger, tail);
	List	   *versions = NIL;

	while (latest && steps-- > 0 && ledger_entry_int64(latest, L_APPLIED_SEQ) > floor)
	{
		rollback_check_has_down(latest);
		versions = lappend(versions, ledger_entry_text(latest, L_VERSION));
		latest = ledger_below(ledger, latest);
	}
	if (versions == NIL)
		ereport(NOTICE, (errmsg("there is no migration to roll back")));
	return versions;
}

/*
 * Undoes up to "steps" versions, those applied after event "floor", and puts
 * their names into the function's result.
 */
static void
rollback_versions(FunctionCallInfo fcinfo, const Ledger *ledger, int64 steps, int64 floor)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(cell, rollback_plan(ledger, steps, floor))
	{
		const char *version = lfirst(cell);
		Datum		value = CStringGetTextDatum(version);
		bool		isnull = false;

		rollback_run_down(ledger, ledger_lookup(ledger, version));
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
}

/*
 * Returns argument "argno", a number of migrations, or raises 22004 or 22023.
 */
int
rollback_steps_arg(FunctionCallInfo fcinfo, int argno)
{
	int			steps;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the number of migrations to roll back must not be null"),
				 errhint("Pass 1 to undo the last one.")));
	steps = PG_GETARG_INT32(argno);
	if (steps <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of migrations to roll back must be positive, not %d", steps),
				 errhint("Pass 1 to undo the last one.")));
	return steps;
}

/*
 * migrate_rollback(steps int) returns setof text
 *
 * Undoes the last "steps" applied versions, or as many as there are.
 */
Datum
migrate_rollback(PG_FUNCTION_ARGS)
{
	int			steps = rollback_steps_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);

	gate_enter(ledger, "migrate_rollback");
	rollback_versions(fcinfo, ledger, steps, 0);
	return (Datum) 0;
}

/*
 * migrate_rollback_to(version text) returns setof text
 *
 * Undoes all that was applied after "version", which stays.
 */
Datum
migrate_rollback_to(PG_FUNCTION_ARGS)
{
	char	   *version = version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *floor;

	gate_enter(ledger, "migrate_rollback_to");
	floor = rollback_lookup_applied(ledger, version);
	rollback_versions(fcinfo, ledger, PG_INT64_MAX, ledger_entry_int64(floor, L_APPLIED_SEQ));
	return (Datum) 0;
}

/*
 * migrate_rollback_all() returns setof text
 *
 * Undoes all applied versions.
 */
Datum
migrate_rollback_all(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);

	gate_enter(ledger, "migrate_rollback_all");
	rollback_versions(fcinfo, ledger, PG_INT64_MAX, 0);
	return (Datum) 0;
}

/*
 * migrate_redo(version text) returns text
 *
 * Undoes an applied version and applies it again, by the SQL in the ledger.
 * Returns 'redone'.
 */
Datum
migrate_redo(PG_FUNCTION_ARGS)
{
	char	   *version = version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *latest;
	Migration  *migration;

	gate_enter(ledger, "migrate_redo");
	latest = rollback_lookup_applied(ledger, version);
	if (latest->nulls[L_UP_SQL])
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" has no up SQL", version),
				 errdetail("It was stamped without, so it cannot be applied again."),
				 errhint("Give it one with SELECT migrate_stamp(%s, up_sql).",
						 quote_literal_cstr(version))));

	migration = migration_from_entry(latest);
	rollback_run_down(ledger, latest);
	migration_read(migration);
	apply_run_up(ledger, migration, ledger_lookup(ledger, version),
				 "CALL migrate_down() and CALL migrate_up()", true);
	PG_RETURN_TEXT_P(cstring_to_text("redone"));
}
