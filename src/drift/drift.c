/*-------------------------------------------------------------------------
 *
 * drift.c
 *	  migrate_drift(): how the schema differs from what migrations left.
 *	  migrate_accept_drift(): makes it the expected one.
 *
 * Both are read under one snapshot, so a migration that commits meanwhile is in
 * both or in neither.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "compat.h"
#include "drift/difference.h"
#include "drift/expected.h"
#include "drift/upkeep.h"
#include "gate.h"
#include "guard_log.h"
#include "ledger_append.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(migrate_accept_drift);
PG_FUNCTION_INFO_V1(migrate_drift);

/* columns of migrate_drift(): the first of those about a statement, and how many */
#define DRIFT_RUN_BY 5
#define DRIFT_COLUMNS 10

static const char *const change_names[] = {
	[DIFFERENCE_MISSING] = "missing",
	[DIFFERENCE_UNEXPECTED] = "unexpected",
	[DIFFERENCE_CHANGED] = "changed",
};

typedef struct Comparison
{
	const SchemaSnapshot *actual;
	bool	   *seen;			/* by number of the unit */
	List	   *ignored_schemas;	/* quoted as needed */
	Differences differences;
} Comparison;

static bool
begins_with(const char *text, const char *words)
{
	return strncmp(text, words, strlen(words)) == 0;
}

static bool
is_ignored_property(const char *property)
{
	if (settings_drift_ignore_owners && begins_with(property, "owner "))
		return true;
	if (begins_with(property, "sequence "))
		property += strlen("sequence ");
	return settings_drift_ignore_grants &&
		(begins_with(property, "grant ") || begins_with(property, "revoke "));
}

static bool
is_ignored_unit(const Comparison *comparison, const SchemaUnit *unit)
{
	int			length = strcmp(unit->kind, "schema") == 0 ? (int) strlen(unit->identity) :
		snapshot_schema_length(unit);
	ListCell   *cell;

	if (settings_drift_ignore_grants && strcmp(unit->kind, "default privileges") == 0)
		return true;
	foreach(cell, comparison->ignored_schemas)
	{
		const char *schema = lfirst(cell);

		if ((int) strlen(schema) == length && strncmp(unit->identity, schema, length) == 0)
			return true;
	}
	return false;
}

static List *
ignored_schemas(void)
{
	List	   *names = NIL;
	ListCell   *cell;

	(void) SplitIdentifierString(pstrdup(settings_drift_ignore_schemas), ',', &names);
	foreach(cell, names)
		lfirst(cell) = unconstify(char *, quote_identifier(lfirst(cell)));
	return names;
}

/*
 * Compares what is expected of one unit with what is there.
 */
static void
visit_expected(const char *kind, const char *identity, ArrayType *contents, void *arg)
{
	Comparison *comparison = arg;
	SchemaUnit	key = {.kind = kind,.identity = identity};
	SchemaUnit **found = NULL;
	SchemaUnit *expected;
	ArrayType  *now;

	if (is_ignored_unit(comparison, &key))
		return;
	found = snapshot_position(comparison->actual, kind, identity);
	if (found == NULL)
	{
		expected = expected_unit(kind, identity, contents);
		difference_one_sided(&comparison->differences, expected, &expected->row[0], DIFFERENCE_MISSING);
		return;
	}
	comparison->seen[found - comparison->actual->unit] = true;
	now = expected_contents(*found);
	if (VARSIZE(now) != VARSIZE(contents) || memcmp(now, contents, VARSIZE(now)) != 0)
		difference_of_unit(&comparison->differences, expected_unit(kind, identity, contents),
						   *found);
	pfree(now);
	pfree(contents);
}

static void
put_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	if (text)
		*value = CStringGetTextDatum(text);
}

/*
 * Tells which statement outside of migrations was the latest that the guard
 * has recorded for the object, if there is one.
 */
static void
put_statement(Datum *values, bool *nulls, const Ledger *ledger, const Difference *difference)
{
	GuardStatement *statement = guard_log_latest(ledger->own_schema, difference->kind,
												 difference->identity);

	memset(nulls, true, DRIFT_COLUMNS - DRIFT_RUN_BY);
	if (statement == NULL)
		return;
	put_text(&values[0], &nulls[0], statement->run_by);
	values[1] = TimestampTzGetDatum(statement->ran_at);
	nulls[1] = false;
	put_text(&values[2], &nulls[2], statement->client);
	put_text(&values[3], &nulls[3], statement->inner_statement ?
			 statement->inner_statement : statement->statement);
	values[4] = BoolGetDatum(statement->of_whole);
	nulls[4] = false;
}

static void
report(List *differences, const Ledger *ledger, ReturnSetInfo *result)
{
	ListCell   *cell;

	foreach(cell, differences)
	{
		Difference *difference = lfirst(cell);
		Datum		values[DRIFT_COLUMNS];
		bool		nulls[DRIFT_COLUMNS];

		put_text(&values[0], &nulls[0], difference->kind);
		put_text(&values[1], &nulls[1], difference->identity);
		put_text(&values[2], &nulls[2], change_names[difference->change]);
		put_text(&values[3], &nulls[3], difference->expected);
		put_text(&values[4], &nulls[4], difference->actual);
		put_statement(&values[DRIFT_RUN_BY], &nulls[DRIFT_RUN_BY], ledger, difference);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * Raises 55000 unless it is known what to expect.
 */
static void
check_state(const ExpectedState *state)
{
	if (!state->known)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("it is not known yet what schema to expect"),
				 errdetail("No migration has run with neon_migrate.track_drift on."),
				 errhint("To expect the schema as it is now, run SELECT migrate_accept_drift('first look').")));
	if (state->untracked[0])
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("it is not known any more what schema to expect"),
				 errdetail("%s ran while neon_migrate.track_drift was off.", state->untracked),
				 errhint("To expect the schema as it is now, run SELECT migrate_accept_drift('tracking was off').")));
	if (!expected_is_current(state))
		ereport(WARNING,
				(errmsg("the expected schema was described by PostgreSQL %d", state->major),
				 errdetail("This is PostgreSQL %d, which may describe the same in other words.",
						   COMPAT_MAJOR),
				 errhint("If the differences are of words only, run SELECT migrate_accept_drift('upgraded').")));
}

/*
 * migrate_drift()
 *		returns table (kind text, identity text, change text, expected text, actual text,
 *			run_by text, ran_at timestamptz, client text, statement text, of_whole boolean)
 */
Datum
migrate_drift(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Ledger	   *ledger = ledger_open(fcinfo);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	Comparison	comparison = {.ignored_schemas = ignored_schemas(),
	.differences = {.is_ignored = is_ignored_property}};

	InitMaterializedSRF(fcinfo, 0);
	check_state(expected_state(ledger, snapshot));
	comparison.actual = snapshot_take(ledger->own_schema, snapshot);
	comparison.seen = palloc0(sizeof(bool) * (comparison.actual->units + 1));
	expected_visit(ledger, snapshot, visit_expected, &comparison);
	UnregisterSnapshot(snapshot);
	for (int i = 0; i < comparison.actual->units; i++)
	{
		SchemaUnit *unit = comparison.actual->unit[i];

		if (!comparison.seen[i] && !is_ignored_unit(&comparison, unit))
			difference_one_sided(&comparison.differences, unit, &unit->row[0],
								 DIFFERENCE_UNEXPECTED);
	}
	report(difference_list(&comparison.differences), ledger, result);
	return (Datum) 0;
}

/*
 * migrate_accept_drift(reason text) returns text
 *
 * Records that the schema is to be as it is: 'accepted'.
 */
Datum
migrate_accept_drift(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	LedgerEntry *entry;
	text	   *reason;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the reason must not be null"),
				 errhint("Say why the schema is right as it is; the ledger keeps it.")));
	reason = PG_GETARG_TEXT_PP(0);
	if (VARSIZE_ANY_EXHDR(reason) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason must not be empty"),
				 errhint("Say why the schema is right as it is; the ledger keeps it.")));

	gate_enter(ledger, "migrate_accept_drift");
	entry = ledger_entry_new("", LEDGER_ACCEPT_DRIFT);
	ledger_entry_set(entry, L_DESCRIPTION, PointerGetDatum(reason));
	ledger_append(ledger, entry, ledger_lookup(ledger, ""));
	upkeep_take_over(ledger);
	PG_RETURN_TEXT_P(cstring_to_text("accepted"));
}
