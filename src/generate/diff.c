/*-------------------------------------------------------------------------
 *
 * diff.c
 *	  Writes the statements that make one schema into another.
 *
 * The way back is the same with the schemas exchanged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "generate/attached.h"
#include "generate/diff.h"
#include "generate/facts.h"
#include "generate/fate.h"
#include "generate/property.h"
#include "generate/scope.h"
#include "generate/write.h"

static void
reset(DependGraph *graph)
{
	for (int i = 0; i < graph->nodes; i++)
	{
		graph->node[i].pair = NULL;
		graph->node[i].fate = FATE_STAYS;
		graph->node[i].retyped = false;
		graph->node[i].retied = false;
		graph->node[i].left_alone = false;
	}
}

/*
 * Is the identity column of a table to be none?  Then its sequence goes first, as
 * another may take the name.
 */
static void
drop_identity(SchemaPlan *plan, const DependNode *unit, const DependNode *column)
{
	if (column->pair && prop_has(column->row->definition, "sequence name") &&
		!prop_has(column->pair->row->definition, "identity"))
		plan_add(plan, PLAN_DROP_FIRST, unit, "ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY",
				 unit->unit->identity, column->row->name);
}

/*
 * Is what a part of a unit that goes needs dropped before the unit?  Then the
 * part is in the way: a trigger's function, the table of a foreign key.
 */
static bool
is_in_the_way(const DependNode *part)
{
	const DependNode *unit = depend_unit_of(NULL, part);
	ListCell   *cell;

	if (part->is_default || depend_is(part, "column") || depend_is_unit(part))
		return false;
	foreach(cell, part->needs)
	{
		const DependNode *need = depend_unit_of(NULL, lfirst(cell));

		if (need != unit && need->fate == unit->fate && need->order > unit->order)
			return true;
		/* that of a table which goes before all that go last */
		if (need != unit && need->fate == FATE_GOES && unit->fate == FATE_GOES_LAST)
			return true;
	}
	return false;
}

static void
drop_parts_in_the_way(SchemaPlan *plan, const DependNode *unit)
{
	for (int i = 1; i < unit->unit->rows; i++)
		if (is_in_the_way(unit + 2 * i) &&
			(unit->fate == FATE_GOES || unit[2 * i].fate != FATE_GOES))
			part_drop(plan, unit + 2 * i);
}

/*
 * Writes what goes of a unit that stays, or before a unit that goes last.
 */
static void
drop_parts(SchemaPlan *plan, const DependNode *unit)
{
	if (strcmp(unit->unit->kind, "table") == 0 && unit->pair)
		table_drop_ties(plan, unit, unit->pair);
	for (int i = 1; i < unit->unit->rows; i++)
	{
		const DependNode *part = unit + 2 * i;

		if (depend_is(part, "column"))
		{
			drop_identity(plan, unit, part);
			if (part->fate == FATE_GOES && !depend_follows_parent(part))
				column_drop(plan, PLAN_DROP_FIRST, unit, part);
			else if ((part + 1)->fate == FATE_GOES && (part->pair || unit->fate == FATE_GOES_LAST))
				column_drop_default(plan, unit, part);
		}
		else if (part->fate == FATE_GOES)
			part_drop(plan, part);
		else if (part->pair && strcmp(part->row->name, part->pair->row->name) != 0)
			part_rename(plan, part, part->pair);
	}
}

static void
warn_dropped(SchemaPlan *plan, const DependNode *unit)
{
	for (int i = 0; i < 2 * unit->unit->rows; i++)
	{
		ListCell   *cell;

		foreach(cell, unit[i].needed_by)
			fate_warn_outside(plan, &unit[i], lfirst(cell));
	}
	if (strcmp(unit->unit->kind, "table") != 0)
		return;
	plan_warn_up(plan, "table %s is dropped, with %s", unit->unit->identity,
			  facts_is_empty(plan, unit) ? "no rows in it" : facts_rows(plan, unit));
	for (int i = 0; i < plan->to->snapshot->units; i++)
	{
		const DependNode *new = depend_node(plan->to, i, 0, false);

		if (strcmp(new->unit->kind, "table") != 0 || new->pair || new->unit->rows != unit->unit->rows ||
			strcmp(scope_schema_of(new->unit), scope_schema_of(unit->unit)) != 0 ||
			strcmp(prop_without(new->row->definition, (const char *const[]) {"owner", NULL}),
				   prop_without(unit->row->definition, (const char *const[]) {"owner", NULL})) != 0)
			continue;
		plan_warn_up(plan, "if table %s is to be renamed to %s, write ALTER TABLE %s RENAME TO %s in place of dropping the one and making the other, which loses its rows",
				  unit->unit->identity, new->unit->identity, unit->unit->identity,
				  new->unit->identity + snapshot_schema_length(new->unit) + 1);
		break;
	}
}

/*
 * Does a sequence go with the column that it belongs to?
 */
static bool
goes_with_column(const SchemaPlan *plan, const DependNode *unit)
{
	DependNode *table;
	DependNode *column;

	if (strcmp(unit->unit->kind, "sequence") != 0)
		return false;
	column = fate_column_of_sequence(plan, unit, &table);
	return column && (table->pair == NULL || column->pair == NULL || column->fate == FATE_GOES);
}

static void
write_drops(SchemaPlan *plan)
{
	for (int i = 0; i < plan->from->snapshot->units; i++)
	{
		DependNode *unit = depend_node(plan->from, i, 0, false);

		CHECK_FOR_INTERRUPTS();
		if (!unit->in_scope)
			continue;
		if (!unit_is_written(unit->unit->kind))
		{
			if (unit->pair == NULL)
				plan_skip(plan, unit, "it is not in the desired SQL, and objects of this kind are not written");
			continue;
		}
		switch (unit->fate)
		{
			case FATE_STAYS:
				if (!unit->left_alone)
					drop_parts(plan, unit);
				break;
			case FATE_REPLACED:
				type_replace(plan, unit);
				break;
			case FATE_GOES:
				if (goes_with_column(plan, unit))
					break;
				drop_parts_in_the_way(plan, unit);
				unit_drop(plan, PLAN_DROP_FIRST, unit);
				if (unit->pair == NULL)
					warn_dropped(plan, unit);
				break;
			case FATE_GOES_LAST:
				if (goes_with_column(plan, unit))
					break;
				drop_parts(plan, unit);
				drop_parts_in_the_way(plan, unit);
				unit_drop(plan, PLAN_DROP_LAST, unit);
				warn_dropped(plan, unit);
				break;
		}
	}
}

/*
 * Is the unit made, not changed?
 */
static bool
is_made(const DependNode *to)
{
	return to->pair == NULL || to->pair->fate == FATE_GOES || to->pair->fate == FATE_REPLACED;
}

static bool
is_same_unit(const DependNode *from, const DependNode *to)
{
	if (from->unit->rows != to->unit->rows || strcmp(from->row->definition, to->row->definition) != 0)
		return false;
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;

		if (part->pair == NULL || part->pair->fate != FATE_STAYS || part->pair->retyped ||
			(part->pair + 1)->fate != FATE_STAYS ||
			strcmp(part->row->definition, part->pair->row->definition) != 0)
			return false;
	}
	return true;
}

static void
write_unit(SchemaPlan *plan, const DependNode *to)
{
	if (!unit_is_written(to->unit->kind))
	{
		if (to->pair == NULL)
			plan_skip(plan, to, "it is not there, and objects of this kind are not written");
		else if (!is_same_unit(to->pair, to))
			plan_skip(plan, to, "it differs, and objects of this kind are not written");
	}
	else if (is_made(to))
		unit_make(plan, to);
	else if (to->left_alone)
		plan_skip(plan, to, "a table that is there cannot be partitioned, or partitioned otherwise, or made one of a type: make a new one, and move the rows");
	else if (!is_same_unit(to->pair, to))
		unit_change(plan, to->pair, to);
}

static void
write_part(SchemaPlan *plan, const DependNode *to)
{
	const DependNode *unit = depend_unit_of(plan->to, to);
	bool		in_table = depend_is(to, "constraint") && !to->stands_apart;

	if (to->is_default || depend_is(to, "column") || depend_is(to, "attribute") ||
		!unit_is_written(to->unit->kind) || unit->left_alone)
		return;
	if (is_made(unit))
	{
		if (!in_table)
			part_make(plan, to);
	}
	else if (is_made(to))
		part_make(plan, to);
	else
		(void) part_change(plan, to->pair, to);
}

/*
 * Returns the columns that are in both tables, in the order of this one.
 */
static char *
common_order(const DependNode *table)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, prop_names(prop_get(table->row->definition, "columns")))
	{
		DependNode *column = depend_find_row(NULL, table, "column", lfirst(cell));

		if (column && column->pair)
			appendStringInfo(&text, "%s%s", text.len ? ", " : "", column->row->name);
	}
	return text.data;
}

/*
 * Columns that are new come after those that are there, wherever they are in the
 * desired table.  That is no difference, but somebody may want to know.
 */
static void
warn_order(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	char	   *order,
			   *desired;

	if (strcmp(to->unit->kind, "table") != 0 || plan->is_down ||
		prop_same(from->row->definition, to->row->definition, "columns"))
		return;
	order = common_order(from);
	desired = common_order(to);
	if (strcmp(order, desired) != 0)
		plan_warn_up(plan, "the columns of table %s stay in the order %s, in place of %s",
					 to->unit->identity, order, desired);
}

/*
 * SQL functions whose body is a string are checked against tables that they may
 * come before, as nobody knows which tables they use.
 */
static void
let_functions_come_first(SchemaPlan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->statements)
	{
		PlanStatement *statement = lfirst(cell);

		if (strncmp(statement->text, "CREATE OR REPLACE ", 18) != 0 ||
			strstr(statement->text, "\n LANGUAGE sql") == NULL ||
			strstr(statement->text, "\n AS ") == NULL)
			continue;
		statement = palloc0(sizeof(PlanStatement));
		statement->text = "SET LOCAL check_function_bodies = off";
		statement->note = "a function may use what is made after it";
		statement->order = PG_INT32_MAX;
		statement->phase = PLAN_DROP_FIRST;
		plan->statements = lappend(plan->statements, statement);
		return;
	}
}

/*
 * Returns the statements that make "from" into "to".  "up" is the plan that this
 * one is to undo, or NULL: what it could not write needs not be said again.
 */
SchemaPlan *
diff_write(DependGraph *from, DependGraph *to, const SchemaPlan *up, bool all_owners)
{
	SchemaPlan *plan = palloc0(sizeof(SchemaPlan));

	plan->from = from;
	plan->to = to;
	plan->is_down = up != NULL;
	plan->skipped = up ? list_copy(up->skipped) : NIL;
	plan->all_owners = all_owners;
	reset(from);
	reset(to);
	fate_decide(plan);
	write_drops(plan);
	for (int i = 0; i < to->nodes; i++)
	{
		DependNode *node = to->ordered[i];

		CHECK_FOR_INTERRUPTS();
		if (!node->in_scope)
			continue;
		if (depend_is_unit(node))
		{
			write_unit(plan, node);
			if (!is_made(node))
				warn_order(plan, node->pair, node);
		}
		else
			write_part(plan, node);
	}
	let_functions_come_first(plan);
	plan_sort(plan);
	return plan;
}
