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
#include "gate.h"
#include "migration.h"
#include "rollback.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_stamp);
PG_FUNCTION_INFO_V1(migrate_unstamp);

/*
 * Takes what the caller left NULL from the latest event of the version.
 */
static void
fill_from_entry(Migration *migration, const LedgerEntry *entry)
{
	Migration  *recorded = migration_from_entry(entry);

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
 * Records a version as applied: 'stamped'.  If it is applied already, records
 * what is new of it: 'amended', or 'unchanged'.
 */
Datum
migrate_stamp(PG_FUNCTION_ARGS)
{
	Migration  *migration = migration_from_args(fcinfo, false);
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *latest;
	LedgerEntry *entry;

	gate_enter(ledger, "migrate_stamp");
	latest = ledger_lookup(ledger, migration->version);
	if (ledger_entry_is_applied(latest))
	{
		migration_read(migration);
		PG_RETURN_TEXT_P(cstring_to_text(
			apply_amend(ledger, migration, latest,
						migration->up != NULL && !apply_same_up_sql(migration, latest))));
	}

	if (latest)
		fill_from_entry(migration, latest);
	migration_read(migration);
	migration_parse(migration);
	apply_check_dependencies(ledger, migration);
	entry = migration_to_entry(migration, LEDGER_STAMP);
	migration_free_scripts(migration);
	ledger_append(ledger, entry, latest);
	PG_RETURN_TEXT_P(cstring_to_text("stamped"));
}

/*
 * migrate_unstamp(version text) returns text
 *
 * Records an applied version as not applied: 'unstamped'.
 */
Datum
migrate_unstamp(PG_FUNCTION_ARGS)
{
	char	   *version = version_from_arg(fcinfo, 0);
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *latest;

	gate_enter(ledger, "migrate_unstamp");
	latest = rollback_lookup_applied(ledger, version);
	rollback_check_dependents(ledger, version);
	ledger_append(ledger, rollback_entry(latest, LEDGER_UNSTAMP), latest);
	PG_RETURN_TEXT_P(cstring_to_text("unstamped"));
}
