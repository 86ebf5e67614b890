/*-------------------------------------------------------------------------
 *
 * status.c
 *	  migrate_require() and migrate_health(): how things stand, for
 *	  applications and monitoring.
 *
 * Both read one or two entries of the ledger, whatever its size, take no
 * lock that anything waits for, and work on a standby.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "apply.h"
#include "definition.h"
#include "gate.h"
#include "ledger.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_call_started_at);
PG_FUNCTION_INFO_V1(migrate_health);
PG_FUNCTION_INFO_V1(migrate_require);

/*
 * Returns the version applied last of those that are applied, or NULL.
 */
static char *
current_version(const Ledger *ledger, LedgerEntry *tail)
{
	LedgerEntry *head = ledger_head(ledger, tail);

	return head ? ledger_entry_text(head, L_VERSION) : NULL;
}

/*
 * Returns the last steps of the versions that are unfinished and that no CALL
 * is running now.
 */
static List *
interrupted_steps(const Ledger *ledger, const LedgerEntry *tail)
{
	List	   *steps = ledger_unfinished(ledger, tail);
	TimestampTz call = steps == NIL ? 0 : gate_call_started_at(ledger);
	ListCell   *cell;

	foreach(cell, steps)
	{
		LedgerEntry *step = lfirst(cell);

		if (call != 0 && DatumGetTimestampTz(step->values[L_STARTED_AT]) >= call)
			steps = foreach_delete_current(steps, cell);
	}
	return steps;
}

/*
 * Raises 55000 if anything is pending or interrupted.
 */
static void
require_all(const Ledger *ledger)
{
	LedgerEntry *tail = ledger_tail(ledger);
	int64		pending = definition_pending_count(ledger);
	int64		unfinished = list_length(interrupted_steps(ledger, tail));

	if (pending == 0 && unfinished == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the schema is not up to date"),
			 errdetail(INT64_FORMAT " migrations are pending, " INT64_FORMAT " interrupted.",
					   pending, unfinished),
			 errhint("Run CALL migrate_up() before the application starts.")));
}

/*
 * migrate_require(version text) returns void
 *
 * Raises 55000 unless "version" is applied; without a version, if anything is
 * pending or interrupted.
 */
Datum
migrate_require(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *tail;
	LedgerEntry *latest;
	ListCell   *cell;
	char	   *version;
	char	   *current;

	if (PG_ARGISNULL(0))
	{
		require_all(ledger);
		PG_RETURN_VOID();
	}
	version = version_from_arg(fcinfo, 0);
	tail = ledger_tail(ledger);
	latest = ledger_lookup(ledger, version);
	foreach(cell, interrupted_steps(ledger, tail))
		if (strcmp(ledger_entry_text(lfirst(cell), L_VERSION), version) == 0)
			apply_check_finished(ledger, version, latest);
	if (ledger_entry_is_applied(latest) &&
		!(ledger_any_unfinished(tail) && ledger_is_unfinished(ledger, version, latest)))
		PG_RETURN_VOID();

	current = current_version(ledger, tail);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" is required but not applied", version),
			 current ? errdetail("The migration applied last is \"%s\".", current) :
			 errdetail("No migration is applied."),
			 errhint("Apply it with migrate_apply() or CALL migrate_up() before the application starts.")));
}

/*
 * Returns how things stand in a few words.
 */
static char *
health_detail(const char *current, int64 pending, int64 interrupted, bool running)
{
	if (interrupted > 0)
		return psprintf(INT64_FORMAT " interrupted, see SELECT * FROM migrate_status", interrupted);
	if (running)
		return "a migration is running";
	if (pending > 0)
		return psprintf(INT64_FORMAT " pending", pending);
	return current ? psprintf("up to date at \"%s\"", current) : "no migration is applied";
}

/*
 * migrate_health() returns (ok boolean, current text, applied bigint,
 *		pending bigint, interrupted bigint, gate_holder int, detail text)
 */
Datum
migrate_health(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *tail = ledger_tail(ledger);
	char	   *current = current_version(ledger, tail);
	int64		pending = definition_pending_count(ledger);
	int64		unfinished = list_length(interrupted_steps(ledger, tail));
	int			holder = gate_holder_pid(ledger);
	TupleDesc	desc;
	Datum		values[7];
	bool		nulls[7] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	values[0] = BoolGetDatum(pending == 0 && unfinished == 0);
	values[1] = current ? CStringGetTextDatum(current) : (Datum) 0;
	nulls[1] = current == NULL;
	values[2] = Int64GetDatum(tail ? ledger_entry_int64(tail, L_APPLIED_TOTAL) : 0);
	values[3] = Int64GetDatum(pending);
	values[4] = Int64GetDatum(unfinished);
	values[5] = Int32GetDatum(holder);
	nulls[5] = holder == 0;
	values[6] = CStringGetTextDatum(health_detail(current, pending, unfinished, holder != 0));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * migrate_call_started_at() returns timestamptz
 *
 * When the CALL began that runs migrations now; NULL if none does.
 */
Datum
migrate_call_started_at(PG_FUNCTION_ARGS)
{
	TimestampTz started_at = gate_call_started_at(ledger_open(fcinfo));

	if (started_at == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(started_at);
}
