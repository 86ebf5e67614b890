/*-------------------------------------------------------------------------
 *
 * ledger_append.c
 *	  Appends to the ledger of migrations.
 *
 * An event gets the next number, the hash of the event before it, who did it,
 * and the state of the ledger as a whole after it: how many versions are
 * applied, the top of the stack of them, the newest in natural order, and how
 * many have unfinished steps.  The state follows from the event before and from
 * the earlier events of the same version alone, so its cost does not grow with
 * history.
 *
 * What is pending is marked in the list of definitions in the same breath.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "actor.h"
#include "definition.h"
#include "ledger.h"
#include "ledger_append.h"
#include "stored_table.h"
#include "version.h"

/*
 * Sets who did it and from where, as far as the caller has not.
 */
static void
set_actor(LedgerEntry *entry)
{
	if (entry->nulls[L_APPLIED_BY])
		ledger_entry_set(entry, L_APPLIED_BY, actor_login(true));
	if (entry->nulls[L_ROLE])
		ledger_entry_set(entry, L_ROLE, actor_role(true));
	ledger_entry_set(entry, L_CLIENT, actor_client());
	if (entry->nulls[L_APPLICATION])
		entry->values[L_APPLICATION] = actor_application(&entry->nulls[L_APPLICATION]);
}

/*
 * Sets the state after an event that makes its version applied.
 */
static void
set_applied(const Ledger *ledger, LedgerEntry *entry, const LedgerEntry *tail)
{
	char	   *version = ledger_entry_text(entry, L_VERSION);
	char	   *newest = ledger_newest(ledger, tail);

	if (newest == NULL || version_compare(newest, version) < 0)
		newest = version;
	ledger_entry_set(entry, L_NEWEST_VERSION, CStringGetTextDatum(newest));
	ledger_entry_set(entry, L_APPLIED_SEQ, entry->values[L_SEQ]);
	if (!entry->nulls[L_HEAD_SEQ])
		ledger_entry_set(entry, L_BELOW_SEQ, entry->values[L_HEAD_SEQ]);
	ledger_entry_set(entry, L_HEAD_SEQ, entry->values[L_SEQ]);
	ledger_entry_set(entry, L_APPLIED_TOTAL,
					 Int64GetDatum(ledger_entry_int64(entry, L_APPLIED_TOTAL) + 1));
}

/*
 * Sets the state after an event that makes its version, applied by "prior",
 * not applied any more.
 */
static void
set_not_applied(const Ledger *ledger, LedgerEntry *entry, const LedgerEntry *prior,
				const LedgerEntry *tail)
{
	bool		is_head = ledger_entry_int64(tail, L_HEAD_SEQ) ==
		ledger_entry_int64(prior, L_APPLIED_SEQ);
	char	   *newest = ledger_entry_text(tail, L_NEWEST_VERSION);

	if (newest && strcmp(newest, ledger_entry_text(entry, L_VERSION)) == 0)
	{
		newest = is_head ? ledger_newest_below(ledger, prior) : NULL;
		entry->nulls[L_NEWEST_VERSION] = true;
		if (newest)
			ledger_entry_set(entry, L_NEWEST_VERSION, CStringGetTextDatum(newest));
	}
	if (is_head)
	{
		LedgerEntry *below = ledger_below(ledger, prior);

		entry->nulls[L_HEAD_SEQ] = true;
		if (below)
			ledger_entry_set(entry, L_HEAD_SEQ, below->values[L_APPLIED_SEQ]);
	}
	ledger_entry_set(entry, L_APPLIED_TOTAL,
					 Int64GetDatum(ledger_entry_int64(entry, L_APPLIED_TOTAL) - 1));
}

/*
 * Counts the version in or out of those with unfinished steps.
 */
static void
set_unfinished(const Ledger *ledger, LedgerEntry *entry, const LedgerEntry *prior)
{
	int64		total = ledger_entry_int64(entry, L_UNFINISHED_TOTAL);
	bool		is_step = !entry->nulls[L_DIRECTION];
	char	   *version = ledger_entry_text(entry, L_VERSION);

	if (!is_step && total == 0)
		return;
	if (is_step && strcmp(ledger_entry_text(entry, L_ACTION), LEDGER_FAILED) == 0)
		return;
	if (ledger_is_unfinished(ledger, version, prior) == is_step)
		return;
	ledger_entry_set(entry, L_UNFINISHED_TOTAL, Int64GetDatum(total + (is_step ? 1 : -1)));
}

/*
 * Sets the state of the ledger after "entry".  "prior" is the event before it
 * that settled the same version, or NULL, and "tail" the event before it of
 * all.
 */
static void
set_state(const Ledger *ledger, LedgerEntry *entry, const LedgerEntry *prior,
		  const LedgerEntry *tail)
{
	char	   *action = ledger_entry_text(entry, L_ACTION);

	ledger_entry_set(entry, L_APPLIED_TOTAL, Int64GetDatum(0));
	ledger_entry_set(entry, L_UNFINISHED_TOTAL, Int64GetDatum(0));
	ledger_entry_set(entry, L_DEPENDENT_TOTAL, Int64GetDatum(0));
	if (tail)
	{
		ledger_entry_copy(entry, tail, L_HEAD_SEQ);
		ledger_entry_copy(entry, tail, L_NEWEST_VERSION);
		ledger_entry_copy(entry, tail, L_APPLIED_TOTAL);
		ledger_entry_copy(entry, tail, L_UNFINISHED_TOTAL);
		ledger_entry_copy(entry, tail, L_DEPENDENT_TOTAL);
	}

	if (strcmp(action, LEDGER_APPLY) == 0 || strcmp(action, LEDGER_STAMP) == 0)
	{
		Assert(!ledger_entry_is_applied(prior));
		set_applied(ledger, entry, tail);
	}
	else if (strcmp(action, LEDGER_ROLLBACK) == 0 || strcmp(action, LEDGER_UNSTAMP) == 0)
	{
		if (ledger_entry_is_applied(prior))
			set_not_applied(ledger, entry, prior, tail);
	}
	else if (ledger_entry_is_applied(prior))
	{
		ledger_entry_copy(entry, prior, L_APPLIED_SEQ);
		ledger_entry_copy(entry, prior, L_BELOW_SEQ);
	}
	set_unfinished(ledger, entry, prior);
	if (ARR_NDIM(DatumGetArrayTypeP(entry->values[L_DEPENDS_ON])) > 0)
		ledger_entry_set(entry, L_DEPENDENT_TOTAL,
						 Int64GetDatum(ledger_entry_int64(entry, L_DEPENDENT_TOTAL) + 1));
}

static Datum
hash_datum(const uint8 *hash)
{
	bytea	   *value = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(value, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(value), hash, PG_SHA256_DIGEST_LENGTH);
	return PointerGetDatum(value);
}

/*
 * Raises 55000 if what is appended would not last.
 */
static void
check_table(const Ledger *ledger)
{
	if (get_rel_persistence(ledger->relid) != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the ledger of migrations is not a logged table"),
				 errdetail("Its contents would not survive a crash."),
				 errhint("Run ALTER TABLE %s.%s SET LOGGED.", ledger->schema, LEDGER_TABLE)));
}

/*
 * Appends "entry" to the ledger and completes it: number, actor, state and
 * hashes.  "prior" is the latest event that settled the same version so far,
 * or NULL.
 * The caller holds the gate.
 */
void
ledger_append(const Ledger *opened, LedgerEntry *entry, const LedgerEntry *prior)
{
	/* opened before the migration ran, which may have renamed the schema */
	const Ledger *ledger = ledger_open_table(opened->relid);
	LedgerEntry *tail;
	uint8		hash[PG_SHA256_DIGEST_LENGTH];

	check_table(ledger);
	tail = opened->tail ? opened->tail : ledger_tail(ledger);
	ledger_entry_set(entry, L_SEQ,
					 Int64GetDatum(tail ? ledger_entry_int64(tail, L_SEQ) + 1 : 1));
	set_actor(entry);
	set_state(ledger, entry, prior, tail);
	if (tail)
	{
		entry->values[L_PREVIOUS_HASH] = tail->values[L_ENTRY_HASH];
		entry->nulls[L_PREVIOUS_HASH] = false;
	}
	ledger_hash(entry, hash);
	ledger_entry_set(entry, L_ENTRY_HASH, hash_datum(hash));

	stored_insert(ledger->relid, LEDGER_COLUMNS, entry->values, entry->nulls);

	if (entry->nulls[L_DIRECTION])
		definition_settle(ledger->definition_relid, ledger_entry_text(entry, L_VERSION),
						  !ledger_entry_is_applied(entry));
}
