/*-------------------------------------------------------------------------
 *
 * fate.c
 *	  What becomes of each object that is there: it stays, maybe changed in
 *	  place; it goes, maybe to be made anew; or another type takes its name.
 *
 * What goes first takes with it all that cannot be without it, which is then
 * made anew if it is to be there: a view of a column whose type changes, the
 * views of that view, a policy that calls a function whose arguments change.
 * Nothing is dropped with CASCADE, so nothing goes that is not in the SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "generate/cast.h"
#include "generate/fate.h"
#include "generate/property.h"
#include "generate/write.h"

static bool
is_kind(const DependNode *node, const char *kind)
{
	return strcmp(node->unit->kind, kind) == 0;
}

/*
 * Is it gone at once when its table or view is?
 */
static bool
is_part(const DependNode *node)
{
	return depend_is(node, "constraint") || depend_is(node, "index") ||
		depend_is(node, "trigger") || depend_is(node, "rule") || depend_is(node, "policy");
}

static void
tie(DependNode *from, DependNode *to)
{
	from->pair = to;
	to->pair = from;
}

/*
 * Pairs parts that have the same description under another name: those are
 * renamed.
 */
static void
pair_renamed(DependNode *from, DependNode *to)
{
	for (int i = 1; i < from->unit->rows; i++)
	{
		DependNode *old = from + 2 * i;

		if (old->pair || !is_part(old))
			continue;
		for (int j = 1; j < to->unit->rows; j++)
		{
			DependNode *new = to + 2 * j;

			if (new->pair == NULL && strcmp(old->row->kind, new->row->kind) == 0 &&
				strcmp(old->row->definition, new->row->definition) == 0)
			{
				tie(old, new);
				break;
			}
		}
	}
}

static void
pair_parts(const SchemaPlan *plan, DependNode *from, DependNode *to)
{
	for (int i = 1; i < from->unit->rows; i++)
	{
		DependNode *old = from + 2 * i;
		DependNode *new = depend_find_row(plan->to, to, old->row->kind, old->row->name);

		if (new)
		{
			tie(old, new);
			tie(old + 1, new + 1);
		}
	}
	pair_renamed(from, to);
}

/*
 * Finds for each object that is there the one that is to be.
 */
static void
pair_all(SchemaPlan *plan)
{
	for (int i = 0; i < plan->from->nodes; i++)
	{
		DependNode *from = &plan->from->node[i];
		DependNode *to;

		if (!depend_is_unit(from) || !from->in_scope)
			continue;
		to = depend_find_unit(plan->to, from->unit->kind, from->unit->identity);
		if (to == NULL)
			continue;
		tie(from, to);
		from->retied = to->retied = !prop_same(from->row->definition, to->row->definition,
											   "partition of");
		pair_parts(plan, from, to);
	}
}

/*
 * The nodes that go, whose dependents are still to be looked at.
 */
typedef struct Going
{
	SchemaPlan *plan;
	List	   *queue;			/* DependNode */
} Going;

/*
 * Lets a node go, and what is a part of it.
 */
static void
let_go(Going *going, DependNode *node)
{
	if (node->fate == FATE_GOES)
		return;
	node->fate = FATE_GOES;
	going->queue = lappend(going->queue, node);
	if (depend_is_unit(node))
		for (int i = 1; i < 2 * node->unit->rows; i++)
			let_go(going, node + i);
}

static void
retype(Going *going, DependNode *column)
{
	if (column->retyped)
		return;
	column->retyped = true;
	going->queue = lappend(going->queue, column);
}

/*
 * Is the change of the column's type nothing to the constraint or index?  The
 * server builds it again by itself.
 */
static bool
follows_column(const DependNode *part, const DependNode *column)
{
	return column->fate == FATE_STAYS && (depend_is(part, "index") || depend_is(part, "constraint")) &&
		!prop_has(part->row->definition, "foreign key");
}

/*
 * The same for a foreign key: both its sides must still be comparable while only
 * one of them has changed.
 */
static bool
foreign_key_follows(const DependNode *column)
{
	static const char *const families[][3] = {
		{"smallint", "integer", "bigint"}, {"text", "character varying", "varchar"}
	};
	const char *old = prop_get(column->row->definition, "type");
	const char *new = column->pair ? prop_get(column->pair->row->definition, "type") : NULL;

	for (int i = 0; new && i < (int) lengthof(families); i++)
	{
		int			found = 0;

		for (int j = 0; j < 3; j++)
		{
			found += strncmp(old, families[i][j], strlen(families[i][j])) == 0;
			found += strncmp(new, families[i][j], strlen(families[i][j])) == 0;
		}
		if (found >= 2)
			return true;
	}
	return false;
}

/*
 * Warns if what depends on something that goes is out of reach.  Returns whether
 * it is.
 */
bool
fate_warn_outside(SchemaPlan *plan, const DependNode *need, const DependNode *node)
{
	if (node->in_scope)
		return false;
	plan_warn(plan, "%s %s depends on %s, which is changed or dropped: it is in a schema that the desired SQL makes nothing in, and the SQL fails as long as it is there",
			  node->row->kind, snapshot_row_identity(node->unit, node->row),
			  snapshot_row_identity(need->unit, need->row));
	return true;
}

/*
 * "need" goes, or changes in a way that what depends on it cannot take.  Decides
 * on what does.
 */
static void
follow(Going *going, DependNode *need, DependNode *node)
{
	DependNode *unit = depend_unit_of(NULL, node);

	if (unit->fate == FATE_GOES || node->fate == FATE_GOES)
		return;
	if (fate_warn_outside(going->plan, need, node))
		return;
	if (node->is_default)
	{
		/* what it is generated from changes, so it is made anew */
		if (prop_has(node->row->definition, "generated"))
			let_go(going, node - 1);
		else
			let_go(going, node);
		return;
	}
	if (depend_is(node, "column") && !is_kind(node, "view") && !is_kind(node, "materialized view"))
	{
		if (need->fate == FATE_REPLACED && node->pair)
			retype(going, node);
		return;
	}
	if (is_part(node))
	{
		if (node->unit == need->unit && depend_is(need, "column") && follows_column(node, need))
			return;
		if (prop_has(node->row->definition, "foreign key") && depend_is(need, "column") &&
			need->fate == FATE_STAYS && foreign_key_follows(need))
			return;
		let_go(going, node);
		return;
	}
	if (depend_is_unit(node) &&
		(is_kind(node, "view") || is_kind(node, "materialized view") || is_kind(node, "function") ||
		 is_kind(node, "procedure") || is_kind(node, "aggregate")))
		let_go(going, node);
	else if (depend_is_unit(node) && is_kind(node, "statistics") && need->fate == FATE_GOES)
		let_go(going, node);
}

static void
follow_all(Going *going)
{
	while (going->queue != NIL)
	{
		DependNode *need = linitial(going->queue);
		ListCell   *cell;

		CHECK_FOR_INTERRUPTS();
		going->queue = list_delete_first(going->queue);
		foreach(cell, need->needed_by)
			follow(going, need, lfirst(cell));
	}
}

/*
 * Is the label of an enum used by what is made or changed?  It cannot be used in
 * the transaction that adds it.
 */
static bool
new_label_is_used(const DependNode *from, const DependNode *to)
{
	List	   *old = type_enum_labels(from->row->definition);
	ListCell   *cell,
			   *user;

	foreach(cell, type_enum_labels(to->row->definition))
	{
		if (prop_list_has(old, lfirst(cell)))
			continue;
		foreach(user, to->needed_by)
		{
			DependNode *node = lfirst(user);

			if ((node->pair == NULL ||
				 strcmp(node->pair->row->definition, node->row->definition) != 0) &&
				strstr(node->row->definition, psprintf("%s::", (char *) lfirst(cell))))
				return true;
		}
	}
	return false;
}

/*
 * Decides on a unit that is there and is to be there.
 */
static void
decide_pair(Going *going, DependNode *from, DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;

	if (prop_has(old, "enum") && prop_has(new, "enum") && is_kind(from, "type") &&
		(!type_enum_grows(old, new) || new_label_is_used(from, to)))
	{
		from->fate = FATE_REPLACED;
		going->queue = lappend(going->queue, from);
		return;
	}
	if (is_kind(from, "table") &&
		(!prop_same(old, new, "partition by") || !prop_same(old, new, "of type")))
	{
		from->left_alone = to->left_alone = true;
		return;
	}
	if (unit_is_written(from->unit->kind) && unit_must_be_made_anew(from, to))
	{
		let_go(going, from);
		return;
	}
	for (int i = 1; i < from->unit->rows; i++)
	{
		DependNode *part = from + 2 * i;

		if (is_part(part) && (part->pair == NULL || !part_change(NULL, part, part->pair)))
			let_go(going, part);
		if (!depend_is(part, "column") || !is_kind(from, "table"))
			continue;
		if (part->pair == NULL)
			going->queue = lappend(going->queue, part);
		else if (!prop_same(part->row->definition, part->pair->row->definition, "generated"))
			let_go(going, part);
		else if (!prop_same(part->row->definition, part->pair->row->definition, "type") ||
				 !prop_same(part->row->definition, part->pair->row->definition, "collation"))
			retype(going, part);
	}
}

/*
 * Returns the column that a sequence belongs to, with its table, if these are
 * there.
 */
DependNode *
fate_column_of_sequence(const SchemaPlan *plan, const DependNode *sequence, DependNode **table)
{
	const char *owned_by = prop_get(sequence->row->definition, "owned by");

	*table = NULL;
	for (int i = 0; owned_by && i < plan->from->snapshot->units; i++)
	{
		DependNode *unit = depend_node(plan->from, i, 0, false);
		size_t		length = strlen(unit->unit->identity);

		if (is_kind(unit, "table") && strncmp(owned_by, unit->unit->identity, length) == 0 &&
			owned_by[length] == '.')
		{
			*table = unit;
			return depend_find_row(plan->from, unit, "column", owned_by + length + 1);
		}
	}
	return NULL;
}

/*
 * Does something of another kind, whose names are shared, take its name?
 */
static bool
name_is_taken(const SchemaPlan *plan, const DependNode *from)
{
	for (int i = 0; i < plan->to->snapshot->units; i++)
	{
		const SchemaUnit *unit = plan->to->snapshot->unit[i];

		if (strcmp(unit->identity, from->unit->identity) == 0 &&
			strcmp(unit->kind, from->unit->kind) != 0)
			return true;
		/* the sequence of an identity column, too */
		for (int j = 1; j < unit->rows && is_kind(from, "sequence"); j++)
			if (strcmp(unit->row[j].kind, "column") == 0 &&
				prop_has(unit->row[j].definition, "sequence name") &&
				strcmp(prop_get(unit->row[j].definition, "sequence name"), from->unit->identity) == 0)
				return true;
	}
	return false;
}

/*
 * Decides on a unit that is not to be there.
 */
static void
decide_dropped(Going *going, DependNode *from)
{
	DependNode *table;
	DependNode *column = is_kind(from, "sequence") ?
		fate_column_of_sequence(going->plan, from, &table) : NULL;

	if (column && (column->pair == NULL || table->pair == NULL))
	{
		/* it goes with its column */
		from->fate = FATE_GOES_LAST;
		return;
	}
	if (column || is_kind(from, "view") || is_kind(from, "materialized view") ||
		is_kind(from, "statistics") || name_is_taken(going->plan, from))
		let_go(going, from);
	else
		from->fate = FATE_GOES_LAST;
}

/*
 * Decides what becomes of each object of the schema that is there.
 */
void
fate_decide(SchemaPlan *plan)
{
	Going		going = {.plan = plan};

	pair_all(plan);
	for (int i = 0; i < plan->from->snapshot->units; i++)
	{
		DependNode *from = depend_node(plan->from, i, 0, false);

		if (!from->in_scope || !unit_is_written(from->unit->kind))
			continue;
		if (from->pair)
			decide_pair(&going, from, from->pair);
		else
			decide_dropped(&going, from);
	}
	follow_all(&going);
}
