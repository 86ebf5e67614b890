/*-------------------------------------------------------------------------
 *
 * ledger_guard.c
 *	  The trigger that keeps hands off the ledger.
 *
 * Updating, deleting and truncating are refused to everyone, so that an
 * administrator does not lose history by a slip either.  Who means to can
 * disable the trigger; migrate_verify() will tell.
 *
 * Inserting is not for SQL either.  The one exception is restoring a dump,
 * whose owner need not be a superuser: rows may be copied into an empty
 * ledger, as long as they are a whole chain when the statement ends.  A
 * superuser's restore takes even a broken chain: better that migrate_verify()
 * reports it than that it is lost.  A restore is a migrator among others: it
 * holds the gate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "gate.h"
#include "ledger.h"
#include "session.h"
#include "stored_table.h"

PG_FUNCTION_INFO_V1(migrate_ledger_guard);

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("cannot %s the ledger of migrations", what),
			 errdetail("It is append-only, and written by the functions of neon_migrate only."),
			 errhint("To correct what it says of a version, use migrate_stamp() or migrate_unstamp().")));
}

/*
 * Does the column hold this hash?
 */
static bool
is_hash(const LedgerEntry *entry, LedgerColumn column, const uint8 *hash)
{
	bytea	   *value;

	if (entry->nulls[column])
		return false;
	value = DatumGetByteaPP(entry->values[column]);
	return VARSIZE_ANY_EXHDR(value) == PG_SHA256_DIGEST_LENGTH &&
		memcmp(VARDATA_ANY(value), hash, PG_SHA256_DIGEST_LENGTH) == 0;
}

/*
 * Before a row that is being restored: keeps migrations out, and raises an
 * error unless the ledger was empty when the statement began, or a superuser
 * restores.  (The statement's own rows do not show yet.)
 */
static void
begin_restore(FunctionCallInfo fcinfo, const Ledger *ledger)
{
	if (fcinfo->flinfo->fn_extra != NULL)
		return;
	gate_take(ledger);
	if (!superuser() && ledger_tail(ledger) != NULL)
		refuse("insert into");
	fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, 1);
}

/*
 * After the statement: raises an error unless what it put in is a whole chain.
 * The rows may have come in any order.
 */
static void
check_chain(const Ledger *ledger)
{
	StoredScan	scan;
	HeapTuple	tuple;
	int64		seq = 0;
	uint8		previous[PG_SHA256_DIGEST_LENGTH];

	/* the rows are those of the command that is still running */
	CommandCounterIncrement();
	stored_scan_begin(&scan, ledger->relid, AccessShareLock, L_SEQ + 1, 0, NULL,
					  ForwardScanDirection);
	while (HeapTupleIsValid(tuple = stored_scan_next(&scan)))
	{
		LedgerEntry *entry = ledger_entry_from_tuple(tuple, RelationGetDescr(scan.table));
		bool		linked = seq == 0 ? entry->nulls[L_PREVIOUS_HASH] :
			is_hash(entry, L_PREVIOUS_HASH, previous);
		uint8		hash[PG_SHA256_DIGEST_LENGTH];

		CHECK_FOR_INTERRUPTS();
		ledger_hash(entry, hash);
		if (ledger_entry_int64(entry, L_SEQ) != ++seq || !linked ||
			!is_hash(entry, L_ENTRY_HASH, hash))
			refuse("insert into");
		memcpy(previous, hash, sizeof(hash));
		pfree(entry);
	}
	stored_scan_end(&scan);
}

/*
 * migrate_ledger_guard() returns trigger
 */
Datum
migrate_ledger_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Ledger	   *ledger;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("migrate_ledger_guard() must be called as a trigger")));

	ledger = ledger_open(fcinfo);
	if (RelationGetRelid(trigger->tg_relation) != ledger->relid)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("migrate_ledger_guard() is a trigger for the ledger of migrations only")));

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		refuse("update");
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		refuse("delete from");
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		refuse("truncate");

	/* ledger_append() does not come here: it puts its rows in without SQL */
	if (session_is_migrating())
		refuse("insert into");
	if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		begin_restore(fcinfo, ledger);
	else if (!superuser())
		check_chain(ledger);
	return PointerGetDatum(trigger->tg_trigtuple);
}
