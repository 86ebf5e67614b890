/*-------------------------------------------------------------------------
 *
 * write_view.c
 *	  Views, materialized views and statistics objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generate/attached.h"
#include "generate/property.h"
#include "generate/write.h"

static void
write_columns(SchemaPlan *plan, const DependNode *to, bool anew)
{
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;
		const char *old = part->pair && !anew ? part->pair->row->definition : "";
		const char *new = part->row->definition;
		char	   *alter = psprintf("ALTER %s %s ALTER COLUMN %s", attached_word(to->unit->kind),
									 to->unit->identity, part->row->name);

		if (!depend_is(part, "column"))
			continue;
		if (prop_has(new, "default") && !prop_same(old, new, "default"))
			plan_add(plan, PLAN_MAKE, to, "%s SET DEFAULT %s", alter, prop_get(new, "default"));
		else if (prop_has(old, "default") && !prop_has(new, "default"))
			plan_add(plan, PLAN_MAKE, to, "%s DROP DEFAULT", alter);
		if (!prop_same(old, new, "statistics target"))
			plan_add(plan, PLAN_MAKE, to, "%s SET STATISTICS %s", alter,
					 prop_get(new, "statistics target") ? prop_get(new, "statistics target") : "-1");
		if (!prop_same(old, new, "storage") && prop_has(new, "storage"))
			plan_add(plan, PLAN_MAKE, to, "%s SET STORAGE %s", alter,
					 attached_word(prop_get(new, "storage")));
		attached_write_column(plan, to, part, old);
	}
}

/*
 * Writes a new view.
 */
void
view_make(SchemaPlan *plan, const DependNode *to)
{
	const char *definition = to->row->definition;
	char	   *options = options_list(prop_get(definition, "options"), "");
	bool		materialized = strcmp(to->unit->kind, "materialized view") == 0;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "CREATE %s %s", attached_word(to->unit->kind), to->unit->identity);
	if (prop_has(definition, "access method"))
		appendStringInfo(&text, " USING %s", prop_get(definition, "access method"));
	if (*options)
		appendStringInfo(&text, " WITH (%s)", options);
	if (prop_has(definition, "tablespace"))
		appendStringInfo(&text, " TABLESPACE %s", prop_get(definition, "tablespace"));
	plan_add(plan, PLAN_MAKE, to, "%s AS\n%s", text.data, prop_get(definition, "query"));
	if (materialized && to->pair)
		plan_warn_up(plan, "materialized view %s is made anew, and filled again", to->unit->identity);
	attached_write_unit(plan, PLAN_MAKE, to, "");
	write_columns(plan, to, true);
}

/*
 * Is the query the same, so that the view can stay?
 */
bool
view_is_same_query(const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;

	return prop_same(old, new, "query") && prop_same(old, new, "access method") &&
		prop_same(old, new, "tablespace");
}

/*
 * Writes how a view whose query stays changes.
 */
void
view_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	options_change(plan, to, psprintf("ALTER %s %s", attached_word(to->unit->kind), to->unit->identity),
				   prop_get(from->row->definition, "options"),
				   prop_get(to->row->definition, "options"), "");
	attached_write_unit(plan, PLAN_MAKE, to, from->row->definition);
	write_columns(plan, to, false);
	for (int i = 1; i < from->unit->rows; i++)
	{
		const DependNode *part = from + 2 * i;

		/* it has nothing of note any more */
		if (depend_is(part, "column") && !part->pair)
			plan_skip(plan, part, "what was set for the column of a view is not taken back");
	}
}

/*
 * Writes a new statistics object.
 */
void
statistics_make(SchemaPlan *plan, const DependNode *to)
{
	static const char *const kinds[] = {"ndistinct", "dependencies", "mcv"};
	const char *definition = to->row->definition;
	StringInfoData text;
	char	   *target = prop_get(definition, "statistics target");

	initStringInfo(&text);
	for (int i = 0; i < (int) lengthof(kinds); i++)
		if (prop_has(definition, kinds[i]))
			appendStringInfo(&text, "%s%s", text.len ? ", " : " (", kinds[i]);
	if (text.len > 0)
		appendStringInfoChar(&text, ')');
	plan_add(plan, PLAN_MAKE, to, "CREATE STATISTICS %s%s ON %s FROM %s", to->unit->identity,
			 text.data, prop_get(definition, "on"), prop_get(definition, "table"));
	if (target)
		plan_add(plan, PLAN_MAKE, to, "ALTER STATISTICS %s SET STATISTICS %s", to->unit->identity,
				 target);
	attached_write_unit(plan, PLAN_MAKE, to, "");
}
