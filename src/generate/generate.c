/*-------------------------------------------------------------------------
 *
 * generate.c
 *	  migrate_generate(): the difference between the schema that is there and
 *	  the one that some SQL makes, as SQL.
 *
 * There is no second database: the desired schema is made here, in a
 * subtransaction, where the schemas that are there have been put aside (aside.c).
 * It is described, and all is rolled back.  Two descriptions are compared, and
 * the SQL is written from them.  Then it is tried (proof.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "gate.h"
#include "generate/aside.h"
#include "generate/build.h"
#include "generate/diff.h"
#include "generate/proof.h"
#include "generate/property.h"
#include "generate/scope.h"
#include "ledger_access.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(migrate_generate);

typedef struct Live
{
	Oid			own_schema;
	DependGraph *graph;
} Live;

static void
read_live_step(List *aside, void *argument)
{
	Live	   *live = argument;
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

	(void) aside;
	live->graph = depend_read(snapshot_take(live->own_schema, snapshot));
	UnregisterSnapshot(snapshot);
}

/*
 * Describes the schema that is there; with nothing put aside, but where what is
 * locked to read it is let go of.
 */
static DependGraph *
read_live(Oid own_schema)
{
	Live		live = {.own_schema = own_schema};

	aside_run(NIL, read_live_step, &live);
	return live.graph;
}

/*
 * Leaves this extension's own schema out, if it has one for itself.
 */
static void
leave_out_own(Desired *desired, Oid own_schema)
{
	const char *own = get_namespace_name(own_schema);
	List	   *schemas = NIL;
	ListCell   *cell;

	foreach(cell, desired->schemas)
		if (strcmp(lfirst(cell), "public") == 0 || strcmp(lfirst(cell), own) != 0)
			schemas = lappend(schemas, lfirst(cell));
	desired->schemas = schemas;
}

static Datum
text_array(List *strings)
{
	Datum	   *values = palloc(sizeof(Datum) * (list_length(strings) + 1));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, strings)
		values[count++] = CStringGetTextDatum(lfirst(cell));
	return PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
result_row(FunctionCallInfo fcinfo, const char *up, const char *down, List *warnings)
{
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = CStringGetTextDatum(up);
	values[1] = CStringGetTextDatum(down);
	values[2] = text_array(warnings);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/*
 * migrate_generate(desired_sql text) returns (up_sql text, down_sql text, warnings text[])
 */
Datum
migrate_generate(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger;
	Desired    *desired;
	DependGraph *live,
			   *wanted;
	SchemaPlan *up,
			   *down;
	List	   *left = NIL,
			   *warnings;
	int			nest;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the desired SQL must not be null"),
				 errhint("Pass the SQL that makes the whole schema as it is to be.")));
	ledger = ledger_open(fcinfo);
	gate_enter(ledger, "migrate_generate");

	nest = NewGUCNestLevel();
	settings_pin("client_min_messages", "warning");
	settings_pin("lock_timeout", psprintf("%d", settings_lock_timeout));
	desired = desired_read(PG_GETARG_TEXT_PP(0));
	leave_out_own(desired, ledger->own_schema);
	live = read_live(ledger->own_schema);
	wanted = build_desired(desired, ledger->own_schema, live->snapshot, &left);
	/* most likely whatever was to print it has failed */
	if (desired->schemas == NIL && wanted->snapshot->units == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the desired SQL makes no object"),
				 errdetail("To make the schema into that would be to drop all that is in it."),
				 errhint("Pass the SQL that makes the whole schema as it is to be.")));
	scope_mark(live, desired);
	scope_keep_unsaid(wanted->snapshot, live->snapshot, desired);
	up = diff_write(live, wanted, NULL, desired->owners);
	up->left = list_concat(list_copy(left), up->left);
	down = diff_write(wanted, live, up, desired->owners);
	warnings = list_concat(list_copy(desired->warnings), left);
	warnings = list_concat(warnings, up->warnings);
	warnings = list_concat(warnings, down->warnings);
	if (up->statements != NIL)
		warnings = list_concat(warnings, proof_run(ledger->own_schema, desired->schemas, live,
												   wanted, up, down));
	AtEOXact_GUC(false, nest);
	PG_RETURN_DATUM(result_row(fcinfo, plan_text(up, false), plan_text(down, false), warnings));
}
