/*-------------------------------------------------------------------------
 *
 * ledger_state.c
 *	  What a new event makes of the ledger as a whole.
 *
 * Each event carries the state after it: how many versions are applied, the
 * top of the stack of them, the newest in natural order, and how many have
 * unfinished steps.  It follows from the event before it and from the earlier
 * events of the same version alone, so its cost does not grow with history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#include "ledger.h"
#include "version.h"

/*
 * Sets who did it and from where.
 */
void
ledger_set_actor(LedgerEntry *entry)
{
	LOCAL_FCINFO(address, 0);
	Datum		client;

	ledger_entry_set(entry, L_APPLIED_BY,
					 CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false)));
	if (entry->nulls[L_ROLE])
		ledger_entry_set(entry, L_ROLE,
						 CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)));
	InitFunctionCallInfoData(*address, NULL, 0, InvalidOid, NULL, NULL);
	client = inet_client_addr(address);
	ledger_entry_set(entry, L_CLIENT,
					 address->isnull ? CStringGetTextDatum("local") :
					 DirectFunctionCall1(network_host, client));
	if (application_name && application_name[0])
		ledger_entry_set(entry, L_APPLICATION, CStringGetTextDatum(application_name));
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
	char	   *newest = ledger_entry_text(tail, L_NEWEST_VERSION);

	if (newest && strcmp(newest, ledger_entry_text(entry, L_VERSION)) == 0)
		entry->nulls[L_NEWEST_VERSION] = true;
	if (ledger_entry_int64(tail, L_HEAD_SEQ) == ledger_entry_int64(prior, L_APPLIED_SEQ))
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
void
ledger_set_state(const Ledger *ledger, LedgerEntry *entry, const LedgerEntry *prior,
				 const LedgerEntry *tail)
{
	char	   *action = ledger_entry_text(entry, L_ACTION);

	ledger_entry_set(entry, L_APPLIED_TOTAL, Int64GetDatum(0));
	ledger_entry_set(entry, L_UNFINISHED_TOTAL, Int64GetDatum(0));
	if (tail)
	{
		ledger_entry_copy(entry, tail, L_HEAD_SEQ);
		ledger_entry_copy(entry, tail, L_NEWEST_VERSION);
		ledger_entry_copy(entry, tail, L_APPLIED_TOTAL);
		ledger_entry_copy(entry, tail, L_UNFINISHED_TOTAL);
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
}
