/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  What is known of the database besides its schema: how many rows a table
 *	  has.
 *
 * Only what costs next to nothing and waits for nobody: the size of the file,
 * the planner's estimate, and the counters of the statistics collector.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "parser/parse_type.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "generate/facts.h"

/*
 * Returns the table that is there, or 0.
 */
static Oid
live_table(const SchemaPlan *plan, const DependNode *unit)
{
	SchemaUnit **found = snapshot_position(plan->from->snapshot, unit->unit->kind,
										   unit->unit->identity);

	return plan->is_down || found == NULL ? InvalidOid : (*found)->object_id;
}

/*
 * Is the file of the table empty?  Nobody is waited for.
 */
static bool
has_no_pages(Oid table)
{
	Relation	relation;
	bool		result = false;

	if (!ConditionalLockRelationOid(table, AccessShareLock))
		return false;
	relation = RelationIdGetRelation(table);
	if (RelationIsValid(relation))
	{
		result = RelationGetNumberOfBlocks(relation) == 0;
		RelationClose(relation);
	}
	UnlockRelationOid(table, AccessShareLock);
	return result;
}

/*
 * Estimates the rows of the table that is there; -1: nobody knows.
 */
static double
rows_of(const SchemaPlan *plan, const DependNode *unit)
{
	Oid			table = live_table(plan, unit);
	HeapTuple	tuple = OidIsValid(table) ? SearchSysCache1(RELOID, ObjectIdGetDatum(table)) : NULL;
	double		planned;
	bool		has_storage;

	if (!HeapTupleIsValid(tuple))
		return plan->is_down ? -1 : 0;
	planned = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
	has_storage = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION;
	ReleaseSysCache(tuple);
	if (has_storage && has_no_pages(table))
		return 0;
	if (planned > 0)
		return planned;
	/* of one never analyzed, the counters know at least what came of late */
	planned = (double) DatumGetInt64(OidFunctionCall1(F_PG_STAT_GET_LIVE_TUPLES,
													  ObjectIdGetDatum(table)));
	return planned > 0 ? planned : -1;
}

/*
 * Is the table known to have no rows?  Nothing is known of those that the down
 * SQL will find.
 */
bool
facts_is_empty(const SchemaPlan *plan, const DependNode *unit)
{
	return rows_of(plan, unit) == 0;
}

bool
facts_is_large(const SchemaPlan *plan, const DependNode *unit)
{
	return rows_of(plan, unit) > FACTS_LARGE;
}

/*
 * Returns "about n rows" or the like.
 */
char *
facts_rows(const SchemaPlan *plan, const DependNode *unit)
{
	double		rows = rows_of(plan, unit);

	if (rows < 0)
		return pstrdup("an unknown number of rows");
	return psprintf("about %.0f row%s", rows, rows == 1 ? "" : "s");
}

/*
 * May the default give another value for each row?  What calls no function but
 * the few that do not, does not.
 */
bool
facts_is_volatile(const char *expression)
{
	const char *p = strchr(expression, '(');

	return p != NULL && p > expression && strncmp(expression, "now(", 4) != 0 &&
		*expression != '(' && *expression != '\'' && strncmp(expression, "ARRAY", 5) != 0;
}

/*
 * Returns how values of a type are stored by default.
 */
const char *
facts_default_storage(const char *type)
{
	Oid			oid = InvalidOid;
	int32		typmod;

	compat_parse_type(type, &oid, &typmod);
	switch (OidIsValid(oid) ? get_typstorage(oid) : TYPSTORAGE_EXTENDED)
	{
		case TYPSTORAGE_PLAIN:
			return "PLAIN";
		case TYPSTORAGE_EXTERNAL:
			return "EXTERNAL";
		case TYPSTORAGE_MAIN:
			return "MAIN";
		default:
			return "EXTENDED";
	}
}

/*
 * Returns the length of the schema that a qualified name begins with.
 */
int
facts_schema_length(const char *identity)
{
	SchemaUnit	unit = {.identity = identity};

	return snapshot_schema_length(&unit);
}
