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

#include "gate.h"
#include "ledger.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_health);
PG_FUNCTION_INFO_V1(migrate_require);

/*
 * Returns the version applied last of those that are applied, or NULL.
 */
static char *
current_version(const Ledger *ledger, const LedgerEntry *tail)
{
	LedgerEntry *head;

	if (tail == NULL || tail->nulls[L_HEAD_SEQ])
		return NULL;
	head = ledger_applied_at(ledger, ledger_entry_int64(tail, L_HEAD_SEQ));
	return head ? ledger_entry_text(head, L_VERSION) : NULL;
}

/*
 * migrate_require(version text) returns void
 *
 * Raises 55000 unless "version" is applied.
 */
Datum
migrate_require(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	char	   *version;
	char	   *current;

	if (PG_ARGISNULL(0))
		PG_RETURN_VOID();
	version = version_from_arg(fcinfo, 0);
	if (ledger_entry_is_applied(ledger_lookup(ledger, version)))
		PG_RETURN_VOID();

	current = current_version(ledger, ledger_tail(ledger));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" is required but not applied", version),
			 current ? errdetail("The migration applied last is \"%s\".", current) :
			 errdetail("No migration is applied."),
			 errhint("Apply it with migrate_apply() before the application starts.")));
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
	int64		applied = tail ? ledger_entry_int64(tail, L_APPLIED_TOTAL) : 0;
	int			holder = gate_holder_pid(ledger);
	TupleDesc	desc;
	Datum		values[7];
	bool		nulls[7] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	values[0] = BoolGetDatum(true);
	values[1] = current ? CStringGetTextDatum(current) : (Datum) 0;
	nulls[1] = current == NULL;
	values[2] = Int64GetDatum(applied);
	values[3] = Int64GetDatum(0);
	values[4] = Int64GetDatum(0);
	values[5] = Int32GetDatum(holder);
	nulls[5] = holder == 0;
	values[6] = CStringGetTextDatum(current ?
									psprintf("up to date at \"%s\"", current) :
									"no migration is applied");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
