/*-------------------------------------------------------------------------
 *
 * build.c
 *	  The desired schema, as its SQL makes it where the schemas that are there
 *	  have been put aside.
 *
 * What the SQL makes in a schema that was not put aside shows afterwards, as a
 * difference to the live schema.  Then it is built once more, with that schema
 * put aside, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "executor.h"
#include "generate/aside.h"
#include "generate/build.h"
#include "generate/property.h"
#include "generate/scope.h"

/* so often at most, as each time there is a schema more */
#define MAX_TRIES 100

typedef struct Build
{
	Desired    *desired;
	Oid			own_schema;
	const SchemaSnapshot *live;
	SchemaSnapshot *result;
	DependGraph *graph;
	List	   *warnings;
	List	   *more_schemas;	/* that something was made in */
} Build;

/*
 * Takes a snapshot of the schema without what was put aside.
 */
SchemaSnapshot *
build_take(Oid own_schema, List *aside)
{
	Snapshot	snapshot;
	SchemaSnapshot *result;

	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	result = snapshot_take_without(own_schema, snapshot, aside_oids(aside));
	UnregisterSnapshot(snapshot);
	return result;
}

/*
 * Raises 55000 if what was made refers to what was put aside.
 */
static void
check_references(List *aside, const SchemaUnit *unit)
{
	for (int i = 0; i < unit->rows; i++)
	{
		const char *schema = aside_name_in(aside, unit->row[i].definition);

		if (schema == NULL)
			schema = aside_name_in(aside, unit->identity);
		if (schema == NULL)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the desired SQL makes %s %s by what is in the live schema \"%s\", and not in itself",
						unit->row[i].kind, snapshot_row_identity(unit, &unit->row[i]), schema),
				 errdetail("%s", aside_put_back_names(aside, unit->row[i].definition)),
				 errhint("Put into the desired SQL what it uses, and the schema that it came through.")));
	}
}

/*
 * Is a unit outside of the scope as it was?
 */
static bool
is_as_it_was(List *aside, const SchemaUnit *unit, const SchemaUnit *was)
{
	if (unit->rows != was->rows)
		return false;
	for (int i = 0; i < unit->rows; i++)
		if (strcmp(unit->row[i].definition, was->row[i].definition) != 0 &&
			strcmp(aside_put_back_names(aside, unit->row[i].definition),
				   was->row[i].definition) != 0)
			return false;
	return true;
}

/*
 * Returns the name that was quoted.
 */
static char *
plain_name(const char *quoted)
{
	List	   *names = compat_name_list(quoted);

	return strVal(linitial(names));
}

/*
 * Looks at a unit that is not in the scope.  Returns whether it takes part
 * nevertheless.
 */
static bool
look_outside(Build *build, List *aside, const SchemaUnit *unit)
{
	SchemaUnit **was = snapshot_position(build->live, unit->kind,
										 aside_put_back_names(aside, unit->identity));
	char	   *schema = scope_schema_of(unit);

	if (was && is_as_it_was(aside, unit, *was))
		return false;
	if (strcmp(unit->kind, "extension") == 0)
		return was == NULL;
	if (schema && strcmp(unit->kind, "default privileges") != 0)
	{
		build->more_schemas = lappend(build->more_schemas, plain_name(schema));
		return false;
	}
	if (build->desired->grants || strcmp(unit->kind, "default privileges") != 0)
		build->warnings = lappend(build->warnings,
								  psprintf("%s %s is left as it is: the desired SQL %s it, and objects of this kind are not written",
										   unit->kind, unit->identity, was ? "changes" : "makes"));
	return false;
}

/*
 * Runs the SQL, and describes what it made.
 */
static void
build_step(List *aside, void *argument)
{
	Build	   *build = argument;
	SchemaSnapshot *all;
	RunStats	stats = {0};

	desired_prepare(build->desired);
	executor_run_once(build->desired->script, &stats);
	all = build_take(build->own_schema, aside);
	build->result = palloc0(sizeof(SchemaSnapshot));
	build->more_schemas = NIL;
	build->warnings = NIL;
	for (int i = 0; i < all->units; i++)
	{
		bool		in_scope = scope_has(build->desired->schemas, all->unit[i]);

		if (in_scope)
			check_references(aside, all->unit[i]);
		else
			in_scope = look_outside(build, aside, all->unit[i]);
		if (in_scope)
			snapshot_add_unit(build->result, all->unit[i]);
	}
	if (build->more_schemas == NIL)
		build->graph = depend_read(build->result);
}

/*
 * Builds the desired schema, and returns a description of what in it is in its
 * schemas.  Adds to the schemas, and to "warnings".
 */
DependGraph *
build_desired(Desired *desired, Oid own_schema, const SchemaSnapshot *live, List **warnings)
{
	Build		build = {.desired = desired,.own_schema = own_schema,.live = live};

	for (int i = 0; i < MAX_TRIES && build.graph == NULL; i++)
	{
		ListCell   *cell;

		aside_run(desired->schemas, build_step, &build);
		foreach(cell, build.more_schemas)
			if (!prop_list_has(desired->schemas, lfirst(cell)))
				desired->schemas = lappend(desired->schemas, lfirst(cell));
	}
	if (build.graph == NULL)
		elog(ERROR, "could not find the schemas of the desired SQL");
	*warnings = list_concat(*warnings, build.warnings);
	return build.graph;
}
