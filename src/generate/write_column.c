/*-------------------------------------------------------------------------
 *
 * write_column.c
 *	  Columns of tables.
 *
 * A column that a table inherits is changed with its parent's, but for its
 * default, which each has for itself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "generate/attached.h"
#include "generate/cast.h"
#include "generate/facts.h"
#include "generate/property.h"
#include "generate/write.h"

/*
 * Returns the clause for an identity column, without ADD.
 */
static char *
identity_text(const char *definition)
{
	return psprintf("GENERATED %s AS IDENTITY (SEQUENCE NAME %s%s)",
					strcmp(prop_get(definition, "identity"), "always") == 0 ? "ALWAYS" : "BY DEFAULT",
					prop_get(definition, "sequence name"),
					sequence_clauses(definition, "sequence ", false));
}

/*
 * Returns the expression of a generated column, or NULL; and whether it is
 * virtual.
 */
static char *
generated_text(const char *definition, bool *is_virtual)
{
	char	   *expression = prop_get(definition, "generated");

	*is_virtual = expression && strncmp(expression, "virtual ", 8) == 0;
	return *is_virtual ? expression + 8 : expression;
}

/*
 * Returns a column as CREATE TABLE and ADD COLUMN have it.
 */
char *
column_text(const DependNode *column, bool is_partition)
{
	const char *definition = column->row->definition;
	StringInfoData text;
	bool		is_virtual;
	char	   *generated = generated_text(definition, &is_virtual);
	char	   *not_null = prop_get(definition, "not null");

	initStringInfo(&text);
	appendStringInfo(&text, "%s %s", column->row->name, prop_get(definition, "type"));
	if (prop_has(definition, "collation"))
		appendStringInfo(&text, " COLLATE %s", prop_get(definition, "collation"));
	if (generated)
		appendStringInfo(&text, " GENERATED ALWAYS AS %s %s", prop_in_parentheses(generated),
						 is_virtual ? "VIRTUAL" : "STORED");
	if (prop_has(definition, "identity") && prop_has(definition, "sequence name") && !is_partition)
		appendStringInfo(&text, " %s", identity_text(definition));
	if (prop_has(definition, "default"))
		appendStringInfo(&text, " DEFAULT %s", prop_get(definition, "default"));
	if (not_null)
		appendStringInfo(&text, " NOT NULL%s", strstr(not_null, "no inherit") ? " NO INHERIT" : "");
	return text.data;
}

/*
 * Writes what has a statement of its own: storage, statistics target, options.
 */
static void
write_rest(SchemaPlan *plan, const DependNode *unit, const DependNode *column, const char *from)
{
	const char *to = column->row->definition;
	char	   *alter = psprintf("ALTER TABLE %s ALTER COLUMN %s", unit->unit->identity,
								 column->row->name);

	if (!prop_same(from, to, "storage"))
	{
		char	   *storage = prop_get(to, "storage");

		plan_add(plan, PLAN_MAKE, unit, "%s SET STORAGE %s", alter,
				 storage ? attached_word(storage) :
				 facts_default_storage(prop_get(to, "type")));
	}
	if (!prop_same(from, to, "compression"))
		plan_add(plan, PLAN_MAKE, unit, "%s SET COMPRESSION %s", alter,
				 prop_get(to, "compression") ? prop_get(to, "compression") : "default");
	if (!prop_same(from, to, "statistics target"))
		plan_add(plan, PLAN_MAKE, unit, "%s SET STATISTICS %s", alter,
				 prop_get(to, "statistics target") ? prop_get(to, "statistics target") : "-1");
	options_change(plan, unit, alter, prop_get(from, "options"), prop_get(to, "options"), "");
	if (!prop_same(from, to, "foreign options"))
		plan_skip(plan, column, "options of columns of foreign tables are not written");
	if (!prop_same(from, to, "sequence unlogged") && prop_has(from, "sequence name"))
		plan_skip(plan, column, "whether the sequence of a column is logged is not written");
}

/*
 * Writes what CREATE TABLE and ADD COLUMN could not say of a column.
 */
void
column_make_rest(SchemaPlan *plan, const DependNode *unit, const DependNode *column)
{
	write_rest(plan, unit, column, "");
	attached_write_column(plan, unit, column, "");
}

/*
 * Returns a statement that lets a sequence go on after what is in the column.
 */
char *
column_set_sequence(const char *table, const char *column, const char *sequence)
{
	return psprintf("SELECT pg_catalog.setval(%s, m) FROM (SELECT pg_catalog.max(%s) AS m FROM %s) AS x WHERE m > 0",
					quote_literal_cstr(sequence), column, table);
}

void
column_add(SchemaPlan *plan, const DependNode *unit, const DependNode *column)
{
	const char *definition = column->row->definition;
	bool		is_virtual;

	if (prop_has(definition, "not null") && !prop_has(definition, "default") &&
		!prop_has(definition, "identity") && !generated_text(definition, &is_virtual) &&
		!facts_is_empty(plan, unit))
		plan_warn_up(plan, "column %s.%s is NOT NULL without a default, and table %s has %s: adding it fails. Give it a default, or add it without NOT NULL, fill it, and set NOT NULL in a later migration",
				  unit->unit->identity, column->row->name, unit->unit->identity,
				  facts_rows(plan, unit));
	if ((generated_text(definition, &is_virtual) && !is_virtual) || prop_has(definition, "identity") ||
		(prop_has(definition, "default") && facts_is_volatile(prop_get(definition, "default"))))
	{
		if (!facts_is_empty(plan, unit))
			plan_warn_up(plan, "adding column %s.%s rewrites table %s (%s) under a lock that keeps out readers and writers",
					  unit->unit->identity, column->row->name, unit->unit->identity,
					  facts_rows(plan, unit));
	}
	plan_add(plan, PLAN_MAKE, unit, "ALTER TABLE %s ADD COLUMN %s", unit->unit->identity,
			 column_text(column, false));
	column_make_rest(plan, unit, column);
}

static void
change_type(SchemaPlan *plan, const DependNode *unit, const DependNode *from, const DependNode *to)
{
	const char *old_type = prop_get(from->row->definition, "type");
	const char *type = prop_get(to->row->definition, "type");
	const char *collation = prop_get(to->row->definition, "collation");
	/* a type that was replaced has the same name */
	CastNeed	need = strcmp(old_type, type) != 0 ? cast_need(old_type, type) :
		prop_same(from->row->definition, to->row->definition, "collation") ? CAST_BY_TEXT : CAST_NONE;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "ALTER TABLE %s ALTER COLUMN %s TYPE %s", unit->unit->identity,
					 to->row->name, type);
	if (collation)
		appendStringInfo(&text, " COLLATE %s", collation);
	if (need == CAST_EXPLICIT)
		appendStringInfo(&text, " USING %s::%s", to->row->name, type);
	else if (need == CAST_BY_TEXT)
		appendStringInfo(&text, " USING %s::pg_catalog.text::%s", to->row->name, type);
	plan_add(plan, PLAN_MAKE, unit, "%s", text.data);
	if (strcmp(old_type, type) == 0)
		return;
	if (!facts_is_empty(plan, unit) && !cast_keeps_rows(old_type, type))
		plan_warn_up(plan, "the type of column %s.%s changes from %s to %s: table %s (%s) is rewritten under a lock that keeps out readers and writers, and values that do not fit make it fail",
				  unit->unit->identity, to->row->name, old_type, type, unit->unit->identity,
				  facts_rows(plan, unit));
}

/*
 * Does the change of a column take its type to another?
 */
static bool
is_other_type(const DependNode *from, const DependNode *to)
{
	return from->retyped || !prop_same(from->row->definition, to->row->definition, "type") ||
		!prop_same(from->row->definition, to->row->definition, "collation");
}

static void
change_not_null(SchemaPlan *plan, const DependNode *unit, const DependNode *from, const DependNode *to)
{
	bool		was = prop_has(from->row->definition, "not null");
	bool		is = prop_has(to->row->definition, "not null");

	if (was && is && !prop_same(from->row->definition, to->row->definition, "not null"))
		plan_skip(plan, to, "how its NOT NULL constraint is inherited or validated is not written");
	if (was == is)
		return;
	if (is && !facts_is_empty(plan, unit))
		plan_warn_up(plan, "column %s.%s becomes NOT NULL: table %s (%s) is read under a lock that keeps out readers and writers, and a NULL in it makes it fail. For a large table: ADD CONSTRAINT ... CHECK (%s IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in a later migration, then this",
				  unit->unit->identity, to->row->name, unit->unit->identity,
				  facts_rows(plan, unit), to->row->name);
	plan_add(plan, PLAN_MAKE, unit, "ALTER TABLE %s ALTER COLUMN %s %s NOT NULL",
			 unit->unit->identity, to->row->name, is ? "SET" : "DROP");
}

static void
change_identity(SchemaPlan *plan, const DependNode *unit, const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;
	const char *table = unit->unit->identity;

	if (!prop_has(new, "sequence name"))
		return;					/* what was there has been dropped already */
	if (!prop_has(old, "identity"))
	{
		plan_add(plan, PLAN_MAKE, unit, "ALTER TABLE %s ALTER COLUMN %s ADD %s", table,
				 to->row->name, identity_text(new));
		plan_add(plan, PLAN_FINISH, unit, "%s",
				 column_set_sequence(table, to->row->name, prop_get(new, "sequence name")))->note =
			"the sequence goes on after the values that are there";
		return;
	}
	if (!prop_same(old, new, "sequence name"))
	{
		/* moving it is left out: it is in the schema of its table */
		const char *name = prop_get(new, "sequence name");

		plan_add(plan, PLAN_MAKE, unit, "ALTER SEQUENCE %s RENAME TO %s",
				 prop_get(old, "sequence name"), name + facts_schema_length(name) + 1);
	}
	if (!prop_same(old, new, "identity"))
		plan_add(plan, PLAN_MAKE, unit, "ALTER TABLE %s ALTER COLUMN %s SET GENERATED %s", table,
				 to->row->name, strcmp(prop_get(new, "identity"), "always") == 0 ? "ALWAYS" : "BY DEFAULT");
	if (strcmp(sequence_clauses(old, "sequence ", true), sequence_clauses(new, "sequence ", true)) != 0)
		plan_add(plan, PLAN_MAKE, unit, "ALTER SEQUENCE %s%s",
				 prop_get(new, "sequence name"), sequence_clauses(new, "sequence ", true));
}

/*
 * Writes how a column of a table that is there changes.
 */
void
column_change(SchemaPlan *plan, const DependNode *unit, const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;
	bool		inherited = depend_follows_parent(from) && depend_follows_parent(to);
	bool		retyped = is_other_type(from, to);
	bool		default_gone = (from + 1)->fate == FATE_GOES;
	const char *table = unit->unit->identity;

	if (prop_has(old, "default") && !default_gone &&
		((retyped && !inherited) || !prop_has(new, "default")))
	{
		plan_add(plan, PLAN_MAKE, unit, "ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT", table,
				 to->row->name);
		default_gone = true;
	}
	if (retyped && !inherited)
		change_type(plan, unit, from, to);
	if (!inherited)
		change_not_null(plan, unit, from, to);
	if (prop_has(new, "default") && (default_gone || !prop_same(old, new, "default")))
		plan_add(plan, PLAN_MAKE, unit, "ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s", table,
				 to->row->name, prop_get(new, "default"));
	change_identity(plan, unit, from, to);
	if (prop_has(old, "inherited") != prop_has(new, "inherited") && !unit->retied)
		plan_skip(plan, to, "whether a column is the table's own besides being inherited is not written");
	write_rest(plan, unit, to, old);
	attached_write_column(plan, unit, to, old);
}

void
column_drop(SchemaPlan *plan, PlanPhase phase, const DependNode *unit, const DependNode *column)
{
	plan_add(plan, phase, unit, "ALTER TABLE %s DROP COLUMN %s",
			 unit->unit->identity, column->row->name);
}

/*
 * Writes that a column loses its default before what that calls goes.
 */
void
column_drop_default(SchemaPlan *plan, const DependNode *unit, const DependNode *column)
{
	plan_add(plan, PLAN_DROP_FIRST, unit, "ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
			 unit->unit->identity, column->row->name);
}
