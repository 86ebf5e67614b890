/*-------------------------------------------------------------------------
 *
 * append_only.c
 *	  The trigger that keeps hands off the records of the guard.
 *
 * As with the ledger (ledger_guard.c), nobody updates, deletes or truncates,
 * and only a restore inserts: a superuser's, or one into an empty table.  The
 * extension's own rows do not come this way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "session.h"
#include "stored_table.h"

PG_FUNCTION_INFO_V1(migrate_append_only);

static void
refuse(Relation table, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("cannot %s \"%s\"", what, RelationGetRelationName(table)),
			 errdetail("It is append-only, and written by neon_migrate only."),
			 errhint("To have no more of it, use SELECT migrate_guard('off').")));
}

/*
 * Was the table empty when the statement began?  (Its own rows do not show yet.)
 */
static bool
was_empty(FunctionCallInfo fcinfo, Relation table)
{
	StoredScan	scan;
	bool		empty;

	if (fcinfo->flinfo->fn_extra != NULL)
		return true;
	stored_scan_begin(&scan, RelationGetRelid(table), AccessShareLock, 1, 0, NULL,
					  ForwardScanDirection);
	empty = !HeapTupleIsValid(stored_scan_next(&scan));
	stored_scan_end(&scan);
	if (empty)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, 1);
	return empty;
}

/*
 * migrate_append_only() returns trigger
 */
Datum
migrate_append_only(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Relation	table;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("migrate_append_only() must be called as a trigger")));
	table = trigger->tg_relation;
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		refuse(table, "update");
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		refuse(table, "delete from");
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		refuse(table, "truncate");
	if (session_is_migrating() || (!superuser() && !was_empty(fcinfo, table)))
		refuse(table, "insert into");
	return PointerGetDatum(trigger->tg_trigtuple);
}
