/*-------------------------------------------------------------------------
 *
 * proof.c
 *	  Tries the SQL before it is handed out.
 *
 * Where the live schemas are put aside, an empty copy of them is made, from the
 * statements that would make them from nothing.  There the up SQL is run, which
 * must make the desired schema, and then the down SQL, which must make the live
 * one.  No table that is there is touched, let alone locked.
 *
 * What this cannot prove is what depends on rows, and on rights: the copy is
 * empty and belongs to the caller.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/twophase.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "drift/merge.h"
#include "executor.h"
#include "generate/aside.h"
#include "generate/build.h"
#include "generate/diff.h"
#include "generate/proof.h"
#include "generate/property.h"
#include "generate/scope.h"
#include "generate/write.h"

typedef struct Proof
{
	Oid			own_schema;
	List	   *schemas;
	DependGraph *live;
	DependGraph *desired;
	const SchemaPlan *up;
	const SchemaPlan *down;
	const char *stage;			/* what is being run */
	List	   *warnings;
} Proof;

/* what the copy does not have, and where new columns are */
static const char *const not_compared[] = {
	"owner", "grant", "revoke", "sequence grant", "sequence revoke", "columns", "label", NULL
};

/*
 * Are all properties of one in the other?
 */
static bool
is_within(const char *a, const char *b)
{
	const char *p = prop_without(a, not_compared);

	while (p && *p)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);

		if (!property_in(p, length, b))
			return false;
		p = next;
	}
	return true;
}

/*
 * Returns the first difference between two units, or NULL.
 */
static char *
difference(const SchemaUnit *made, const SchemaUnit *wanted)
{
	for (int side = 0; side < 2; side++)
	{
		const SchemaUnit *a = side ? made : wanted;
		const SchemaUnit *b = side ? wanted : made;

		for (int i = 0; i < a->rows; i++)
		{
			const SchemaRow *other = i == 0 ? &b->row[0] :
				snapshot_find_row(b, a->row[i].kind, a->row[i].name);

			if (other == NULL && *prop_without(a->row[i].definition, not_compared) == '\0')
				continue;
			if (other == NULL || !is_within(a->row[i].definition, other->definition))
				return psprintf("%s %s", a->row[i].kind, snapshot_row_identity(a, &a->row[i]));
		}
	}
	return NULL;
}

static void
warn_unit(Proof *proof, const char *identity, const char *what, const char *how)
{
	/* the user knows already */
	if (prop_list_has(proof->up->skipped, identity) ||
		prop_list_has(proof->down->skipped, identity))
		return;
	proof->warnings = lappend(proof->warnings,
							  psprintf("not proven: %s, %s %s", proof->stage, what, how));
}

static bool
takes_part(const Proof *proof, const SchemaUnit *unit)
{
	return scope_has(proof->schemas, unit) && unit_is_written(unit->kind) &&
		strcmp(unit->kind, "default privileges") != 0;
}

/*
 * Warns of what differs between what was made and what was to be.
 */
static void
compare(Proof *proof, List *aside, const SchemaSnapshot *wanted)
{
	SchemaSnapshot *made = build_take(proof->own_schema, aside);

	for (int i = 0; i < wanted->units; i++)
	{
		const SchemaUnit *unit = wanted->unit[i];
		SchemaUnit **found = snapshot_position(made, unit->kind, unit->identity);
		char	   *part = found ? difference(*found, unit) : NULL;

		if (!takes_part(proof, unit))
			continue;
		if (found == NULL)
			warn_unit(proof, unit->identity, psprintf("%s %s", unit->kind, unit->identity),
					  "is missing");
		else if (part)
			warn_unit(proof, unit->identity, part, "differs");
	}
	for (int i = 0; i < made->units; i++)
	{
		const SchemaUnit *unit = made->unit[i];

		if (takes_part(proof, unit) &&
			snapshot_position(wanted, unit->kind, unit->identity) == NULL)
			warn_unit(proof, unit->identity, psprintf("%s %s", unit->kind, unit->identity),
					  "is there, too");
	}
}

static void
run(const char *sql)
{
	Script	   *script = script_read_titled("the generated SQL", cstring_to_text(sql));
	RunStats	stats = {0};

	script_parse(script);
	executor_run_once(script, &stats);
	script_free(script);
}

/*
 * Returns what the copy is made from: the schemas that are there, empty.
 */
static DependGraph *
empty_schemas(const Proof *proof)
{
	SchemaSnapshot *snapshot = palloc0(sizeof(SchemaSnapshot));

	for (int i = 0; i < proof->live->snapshot->units; i++)
	{
		SchemaUnit *unit = proof->live->snapshot->unit[i];

		if (strcmp(unit->kind, "schema") == 0 && scope_has(proof->schemas, unit))
			snapshot_add_unit(snapshot, unit);
	}
	return depend_read(snapshot);
}

static void
proof_step(List *aside, void *argument)
{
	Proof	   *proof = argument;
	SchemaPlan *copy = diff_write(empty_schemas(proof), proof->live, proof->up, false);

	proof->stage = "in the copy that the SQL was tried on";
	run(plan_text(copy, true));
	compare(proof, aside, proof->live->snapshot);
	proof->stage = "after the up SQL";
	run(plan_text(proof->up, true));
	compare(proof, aside, proof->desired->snapshot);
	proof->stage = "after the down SQL";
	run(plan_text(proof->down, true));
	compare(proof, aside, proof->live->snapshot);
}

/*
 * Returns about how many locks it takes to make all of this: one for each
 * relation, which others then lack.
 */
static int64
locks_of(const Proof *proof, const SchemaSnapshot *snapshot)
{
	int64		locks = 0;

	for (int i = 0; i < snapshot->units; i++)
	{
		const SchemaUnit *unit = snapshot->unit[i];

		if (unit->class_id != RelationRelationId || !scope_has(proof->schemas, unit))
			continue;
		/* with its TOAST table and the index of that */
		locks += strcmp(unit->kind, "table") == 0 ? 3 : 1;
		for (int j = 1; j < unit->rows; j++)
			if (strcmp(unit->row[j].kind, "index") == 0 || strcmp(unit->row[j].kind, "constraint") == 0)
				locks++;
	}
	return locks;
}

/*
 * Would trying it take more than a quarter of the server's lock table?
 */
static bool
takes_too_many_locks(const Proof *proof)
{
	int64		room = (int64) max_locks_per_xact * (MaxBackends + max_prepared_xacts);

	return Max(locks_of(proof, proof->live->snapshot),
			   locks_of(proof, proof->desired->snapshot)) > room / 4;
}

/*
 * Tries the SQL, and returns as warnings what is not as it should be.
 */
List *
proof_run(Oid own_schema, List *schemas, DependGraph *live, DependGraph *desired,
		  const SchemaPlan *up, const SchemaPlan *down)
{
	Proof		proof = {
		.own_schema = own_schema,.schemas = schemas,.live = live,.desired = desired,
		.up = up,.down = down,.stage = ""
	};
	MemoryContext context = CurrentMemoryContext;

	if (takes_too_many_locks(&proof))
		return list_make1(psprintf("not proven: trying the SQL on an empty copy would take more than a quarter of the server's lock table (max_locks_per_transaction is %d)",
								   max_locks_per_xact));
	PG_TRY();
	{
		aside_run(schemas, proof_step, &proof);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		/* what it did has been rolled back */
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			PG_RE_THROW();
		FlushErrorState();
		proof.warnings = lappend(proof.warnings,
								 psprintf("not proven: trying the SQL on an empty copy failed %s: %s%s%s",
										  proof.stage, error->message,
										  error->internalquery ? "" : "",
										  error->context ? psprintf(" (%s)", error->context) : ""));
	}
	PG_END_TRY();
	return proof.warnings;
}
