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
 * ledger, as long as they form a whole chain from its first entry on.  A
 * superuser's restore takes even a broken chain: better that migrate_verify()
 * reports it than that it is lost.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ledger.h"
#include "session.h"

PG_FUNCTION_INFO_V1(migrate_ledger_guard);

/*
 * How far the restoring statement has come; kept in fn_extra for its length.
 */
typedef struct Restore
{
	int64		seq;
	uint8		hash[PG_SHA256_DIGEST_LENGTH];
} Restore;

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
 * Raises an error unless the row follows those that the same statement has
 * put into the empty ledger before.
 */
static void
check_restored_row(FunctionCallInfo fcinfo, TriggerData *trigger)
{
	Restore    *restore = fcinfo->flinfo->fn_extra;
	LedgerEntry entry;
	uint8		hash[PG_SHA256_DIGEST_LENGTH];
	bool		linked;

	if (restore == NULL)
	{
		if (ledger_tail(ledger_open_table(RelationGetRelid(trigger->tg_relation))) != NULL)
			refuse("insert into");
		restore = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Restore));
		fcinfo->flinfo->fn_extra = restore;
	}

	heap_deform_tuple(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation),
					  entry.values, entry.nulls);
	ledger_hash(&entry, hash);
	linked = restore->seq == 0 ? entry.nulls[L_PREVIOUS_HASH] :
		is_hash(&entry, L_PREVIOUS_HASH, restore->hash);
	if (ledger_entry_int64(&entry, L_SEQ) != restore->seq + 1 || !linked ||
		!is_hash(&entry, L_ENTRY_HASH, hash))
		refuse("insert into");
	restore->seq++;
	memcpy(restore->hash, hash, sizeof(hash));
}

/*
 * migrate_ledger_guard() returns trigger
 */
Datum
migrate_ledger_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("migrate_ledger_guard() must be called as a trigger")));

	if (RelationGetRelid(trigger->tg_relation) != ledger_open(fcinfo)->relid)
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
	if (!superuser())
		check_restored_row(fcinfo, trigger);
	return PointerGetDatum(trigger->tg_trigtuple);
}
