/*-------------------------------------------------------------------------
 *
 * registry.c
 *	  migrate_register(), migrate_unregister() and migrate_apply_pending(): the
 *	  pending list, for those who hand over a set and say "up".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "apply.h"
#include "compat.h"
#include "definition.h"
#include "gate.h"
#include "plan.h"
#include "registry.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_apply_pending);
PG_FUNCTION_INFO_V1(migrate_register);
PG_FUNCTION_INFO_V1(migrate_unregister);

/*
 * Is the migration to the letter what is recorded of it?  Mostly that is so
 * when a whole set is registered again, and spares reading it.
 */
static bool
is_as_recorded(const Migration *migration, const LedgerEntry *latest,
			   const Migration *definition)
{
	if (!ledger_entry_is_applied(latest))
		return definition && migration_is_same_text(migration, definition) &&
			migration_has_dependencies_of(migration, definition);
	return migration_dependencies(migration) == NIL &&
		migration_is_same_text(migration, migration_from_entry(latest)) &&
		(definition == NULL || migration_is_same_text(migration, definition));
}

/*
 * Does the migration, read, differ from its definition?
 */
static bool
differs_from_definition(Migration *migration, const Migration *definition)
{
	Migration	given = *migration;
	LedgerEntry *recorded;
	bool		result;

	/* a missing down SQL, description or dependency is a difference here */
	if ((given.down_sql == NULL) != (definition->down_sql == NULL) ||
		(given.description == NULL) != (definition->description == NULL) ||
		list_length(migration_dependencies(&given)) !=
		list_length(migration_dependencies(definition)))
		return true;
	given = *definition;
	migration_read(&given);
	recorded = migration_to_entry(&given, "");
	result = !apply_same_up_sql(migration, recorded) || apply_is_news(migration, recorded);
	migration_free_scripts(&given);
	return result;
}

/*
 * Keeps the definition of an applied version up to date with what the
 * migration brings, for when it is rolled back and pending again.  What the
 * migration leaves out stays.
 */
static void
renew_definition(const Ledger *ledger, const Migration *migration, const Migration *definition)
{
	Migration	recorded = *definition;
	Migration	renewed = *migration;
	bool		is_news;

	migration_read(&recorded);
	is_news = apply_is_news(migration, migration_to_entry(&recorded, ""));
	migration_free_scripts(&recorded);
	if (!is_news)
		return;
	if (renewed.down_sql == NULL)
		renewed.down_sql = definition->down_sql;
	if (renewed.description == NULL)
		renewed.description = definition->description;
	if (migration_dependencies(&renewed) == NIL)
		renewed.depends_on = definition->depends_on;
	definition_put(ledger, &renewed, false);
	definition_settle(ledger->definition_relid, migration->version, false);
}

/*
 * Checks a migration against the ledger and puts it on the list.  Reads it,
 * unless that is done or not needed.  Returns the outcome.
 */
const char *
registry_put(const Ledger *ledger, Migration *migration)
{
	LedgerEntry *latest = ledger_lookup(ledger, migration->version);
	Migration  *definition = definition_lookup(ledger, migration->version);

	if (ledger_entry_is_applied(latest))
		apply_check_finished(ledger, migration->version, latest);
	if (is_as_recorded(migration, latest, definition))
		return ledger_entry_is_applied(latest) ? "applied" : "unchanged";

	if (migration->up == NULL)
		migration_read(migration);
	if (ledger_entry_is_applied(latest))
	{
		if (definition)
			renew_definition(ledger, migration, definition);
		(void) apply_to_applied(ledger, migration, latest);
		return "applied";
	}
	if (definition && !differs_from_definition(migration, definition))
		return "unchanged";

	apply_check_resumable(ledger, migration, latest);
	migration_parse(migration);
	definition_put(ledger, migration, false);
	return definition ? "changed" : "registered";
}

/*
 * migrate_register(version text, up_sql text, down_sql text, description text,
 *					depends_on text[]) returns text
 *
 * Puts a migration on the pending list: 'registered', 'changed', 'unchanged' or
 * 'applied'.
 */
Datum
migrate_register(PG_FUNCTION_ARGS)
{
	Migration  *migration = migration_from_args(fcinfo, true);
	Ledger	   *ledger = ledger_open(fcinfo);

	migration_require_up(migration);
	migration_read(migration);
	gate_enter(ledger, "migrate_register");
	PG_RETURN_TEXT_P(cstring_to_text(registry_put(ledger, migration)));
}

/*
 * migrate_unregister(version text) returns boolean
 *
 * Takes a version off the list; returns whether it was on it.
 */
Datum
migrate_unregister(PG_FUNCTION_ARGS)
{
	char	   *version = version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);

	gate_enter(ledger, "migrate_unregister");
	apply_check_finished(ledger, version, ledger_lookup(ledger, version));
	PG_RETURN_BOOL(definition_delete(ledger, version));
}

/*
 * migrate_apply_pending(target text) returns setof text
 *
 * Applies all pending migrations, or those up to "target", in the caller's
 * transaction.
 */
Datum
migrate_apply_pending(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *target = PG_ARGISNULL(0) ? NULL : version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);
	ListCell   *cell;

	gate_enter(ledger, "migrate_apply_pending");
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(cell, plan_pending(ledger, target))
	{
		char	   *version = lfirst(cell);
		Migration  *migration = definition_lookup(ledger, version);
		LedgerEntry *latest = ledger_lookup(ledger, version);
		Datum		value = CStringGetTextDatum(version);
		bool		isnull = false;

		apply_check_finished(ledger, version, latest);
		migration_read(migration);
		apply_check_order(ledger, migration, ledger_tail(ledger));
		apply_run_up(ledger, migration, latest, "CALL migrate_up()", false);
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
	return (Datum) 0;
}
