/*-------------------------------------------------------------------------
 *
 * write_sequence.c
 *	  Sequences, of their own and of identity columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generate/attached.h"
#include "generate/facts.h"
#include "generate/property.h"
#include "generate/write.h"

/*
 * Is the value of the parameter what a sequence has by default?
 */
static bool
is_default(const char *definition, const char *prefix, const char *name, const char *value)
{
	static const char *const limits[][2] = {
		{"smallint", "32767"}, {"integer", "2147483647"}, {"bigint", "9223372036854775807"}
	};
	char	   *increment = prop_get(definition, psprintf("%sincrement", prefix));
	char	   *type = prop_get(definition, psprintf("%stype", prefix));

	/* one that counts down has others */
	if (increment == NULL || type == NULL || *increment == '-')
		return false;
	if (strcmp(name, "maximum") != 0)
		return strcmp(value, "1") == 0;
	for (int i = 0; i < (int) lengthof(limits); i++)
		if (strcmp(type, limits[i][0]) == 0)
			return strcmp(value, limits[i][1]) == 0;
	return false;
}

/*
 * Returns the parameters of a sequence as SQL has them, but for its type, with
 * a blank before each; all, or those that are not by default.
 */
char *
sequence_clauses(const char *definition, const char *prefix, bool all)
{
	static const char *const clauses[][2] = {
		{"start", "START WITH"}, {"increment", "INCREMENT BY"}, {"minimum", "MINVALUE"},
		{"maximum", "MAXVALUE"}, {"cache", "CACHE"}
	};
	bool		cycle = prop_has(definition, psprintf("%scycle", prefix));
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < (int) lengthof(clauses); i++)
	{
		char	   *value = prop_get(definition, psprintf("%s%s", prefix, clauses[i][0]));

		if (value && (all || !is_default(definition, prefix, clauses[i][0], value)))
			appendStringInfo(&text, " %s %s", clauses[i][1], value);
	}
	if (all || cycle)
		appendStringInfoString(&text, cycle ? " CYCLE" : " NO CYCLE");
	return text.data;
}

/*
 * Ties a sequence to the column that it is dropped with.
 */
static void
write_owned_by(SchemaPlan *plan, const DependNode *to, const char *from)
{
	const char *definition = to->row->definition;
	char	   *owned_by = prop_get(definition, "owned by");

	if (!prop_same(from, definition, "owned by"))
		plan_add(plan, PLAN_FINISH, to, "ALTER SEQUENCE %s OWNED BY %s", to->unit->identity,
				 owned_by ? owned_by : "NONE");
}

/*
 * Lets a new sequence of a column that is there go on after its values.
 */
static void
write_start(SchemaPlan *plan, const DependNode *to)
{
	char	   *column = prop_get(to->row->definition, "owned by");
	DependNode *table = NULL;
	int			end;

	if (column == NULL)
		return;
	/* schema.table.column */
	end = facts_schema_length(column);
	end += 1 + facts_schema_length(column + end + 1);
	table = depend_find_unit(plan->to, "table", pnstrdup(column, end));
	if (table && table->pair)
	{
		const DependNode *part = depend_find_row(plan->to, table, "column", column + end + 1);

		if (part && part->pair && prop_has(part->row->definition, "default"))
			plan_add(plan, PLAN_FINISH, to, "%s",
					 column_set_sequence(pnstrdup(column, end), column + end + 1,
										 to->unit->identity))->note =
				"the sequence goes on after the values that are there";
	}
}

/*
 * Writes a new sequence.
 */
void
sequence_make(SchemaPlan *plan, const DependNode *to)
{
	const char *definition = to->row->definition;

	plan_add(plan, PLAN_MAKE, to, "CREATE %sSEQUENCE %s AS %s%s",
			 prop_has(definition, "unlogged") ? "UNLOGGED " : "", to->unit->identity,
			 prop_get(definition, "type"), sequence_clauses(definition, "", false));
	write_owned_by(plan, to, "");
	write_start(plan, to);
	attached_write_unit(plan, PLAN_MAKE, to, "");
}

/*
 * Writes how a sequence that is there changes.
 */
void
sequence_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;
	bool		same_type = prop_same(old, new, "type");
	bool		turned = (*prop_get(old, "increment") == '-') != (*prop_get(new, "increment") == '-');

	/* where it is may be out of the limits of one that counts the other way */
	if (turned)
		plan_warn(plan, "sequence %s counts the other way, and starts anew", to->unit->identity);
	if (!same_type ||
		strcmp(sequence_clauses(old, "", true), sequence_clauses(new, "", true)) != 0)
		plan_add(plan, PLAN_MAKE, to, "ALTER SEQUENCE %s%s%s%s%s", to->unit->identity,
				 same_type ? "" : " AS ", same_type ? "" : prop_get(new, "type"),
				 sequence_clauses(new, "", true), turned ? " RESTART" : "");
	if (prop_has(old, "unlogged") != prop_has(new, "unlogged"))
		plan_add(plan, PLAN_MAKE, to, "ALTER SEQUENCE %s SET %s", to->unit->identity,
				 prop_has(new, "unlogged") ? "UNLOGGED" : "LOGGED");
	write_owned_by(plan, to, old);
	attached_write_unit(plan, PLAN_MAKE, to, old);
}
