/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  migrate_stamp() and migrate_unstamp(): change what the ledger says of a
 *	  version, without running anything.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "apply.h"
#include "definition.h"
#include "drift/upkeep.h"
#include "gate.h"
#include "ledger_append.h"
#include "migration.h"
#include "rollback.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_stamp);
PG_FUNCTION_INFO_V1(migrate_unstamp);

/*
 * Takes what the caller left NULL from what is known of the version.
 */
static void
fill_from(Migration *migration, const Migration *recorded)
{
	if (migration->up_sql == NULL)
		migration->up_sql = recorded->up_sql;
	if (migration->down_sql == NULL)
		migration->down_sql = recorded->down_sql;
	if (migration->description == NULL)
		migration->description = recorded->description;
	if (migration->depends_on == NULL)
		migration->depends_on = recorded->depends_on;
}

/*
 * migrate_stamp(version text, up_sql text, down_sql text, description text)
 *				 returns text
 *
 * Records a version as applied, which also settles one that was interrupted:
 * 'stamped'.  If it is applied already, records what is new of it: 'amended', or
 * 'unchanged'.  SQL left NULL is taken from the list of definitions or from the
 * ledger, if it is there.
 */
Datum
migrate_stamp(PG_FUNCTION_ARGS)
{
	Migration  *migration = migration_from_args(fcinfo, false);
	Ledger	   *ledger = ledger_open(fcinfo);
	Migration  *definition;
	LedgerEntry *latest;
	LedgerEntry *entry;
	bool		unfinished;

	gate_enter(ledger, "migrate_stamp");
	latest = ledger_lookup(ledger, migration->version);
	unfinished = ledger_is_unfinished(ledger, migration->version, latest);
	if (ledger_entry_is_applied(latest) && !unfinished)
	{
		migration_read(migration);
		PG_RETURN_TEXT_P(cstring_to_text(
			apply_amend(ledger, migration, latest,
						migration->up != NULL && !apply_same_up_sql(migration, latest))));
	}

	definition = definition_lookup(ledger, migration->version);
	if (definition)
		fill_from(migration, definition);
	if (latest)
		fill_from(migration, migration_from_entry(latest));
	migration_read(migration);
	migration_parse(migration);
	apply_check_dependencies(ledger, migration);
	entry = migration_to_entry(migration, ledger_entry_is_applied(latest) ?
							   LEDGER_AMEND : LEDGER_STAMP);
	migration_free_scripts(migration);
	ledger_append(ledger, entry, latest);
	upkeep_accept(ledger, migration->version);
	PG_RETURN_TEXT_P(cstring_to_text("stamped"));
}

/*
 * migrate_unstamp(version text) returns text
 *
 * Records a version that is applied, or whose last run was interrupted or
 * failed, as not applied: 'unstamped'.
 */
Datum
migrate_unstamp(PG_FUNCTION_ARGS)
{
	char	   *version = version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *latest;

	gate_enter(ledger, "migrate_unstamp");
	latest = ledger_lookup(ledger, version);
	if (ledger_steps(ledger, version, latest) == NIL)
		latest = rollback_lookup_applied(ledger, version);
	rollback_check_dependents(ledger, version);
	ledger_append(ledger,
				  latest ? rollback_entry(latest, LEDGER_UNSTAMP) :
				  ledger_entry_new(version, LEDGER_UNSTAMP), latest);
	PG_RETURN_TEXT_P(cstring_to_text("unstamped"));
}
