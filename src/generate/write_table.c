/*-------------------------------------------------------------------------
 *
 * write_table.c
 *	  Tables, and their partitions.
 *
 * A partition is made as a table of its own, and attached when its indexes are
 * there: so they have their own names, and the whole table is never locked for
 * long.
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
 * Splits "s.parent FOR VALUES ..." into the two.
 */
static char *
parent_of(const char *partition_of, char **bound)
{
	char	   *parent = pstrdup(partition_of);
	char	   *p = parent;
	bool		quoted = false;

	for (; *p && (quoted || *p != ' '); p++)
		if (*p == '"')
			quoted = !quoted;
	*bound = *p ? p + 1 : p;
	*p = '\0';
	return parent;
}

static bool
is_partition(const DependNode *node)
{
	return prop_has(node->row->definition, "partition of");
}

static void
attach(SchemaPlan *plan, const DependNode *node)
{
	char	   *bound;
	char	   *parent;
	DependNode *whole;

	if (!is_partition(node))
		return;
	parent = parent_of(prop_get(node->row->definition, "partition of"), &bound);
	whole = depend_find_unit(plan->to, "table", parent);
	if (whole && whole->left_alone)
	{
		plan_skip(plan, node, "what it is to be a partition of is left as it is, too");
		return;
	}
	plan_add(plan, PLAN_FINISH, node, "ALTER TABLE %s ATTACH PARTITION %s %s", parent,
			 node->unit->identity, bound);
}

/*
 * Writes what CREATE TABLE could not say, or the change of it.
 */
static void
write_rest(SchemaPlan *plan, const DependNode *node, const char *from)
{
	const char *to = node->row->definition;
	char	   *alter = psprintf("ALTER TABLE %s", node->unit->identity);
	char	   *identity = prop_get(to, "replica identity");

	if (prop_has(from, "row security enabled") != prop_has(to, "row security enabled"))
		plan_add(plan, PLAN_MAKE, node, "%s %s ROW LEVEL SECURITY", alter,
				 prop_has(to, "row security enabled") ? "ENABLE" : "DISABLE");
	if (prop_has(from, "row security forced") != prop_has(to, "row security forced"))
		plan_add(plan, PLAN_MAKE, node, "%s %s ROW LEVEL SECURITY", alter,
				 prop_has(to, "row security forced") ? "FORCE" : "NO FORCE");
	if (!prop_same(from, to, "replica identity"))
		plan_add(plan, PLAN_FINISH, node, "%s REPLICA IDENTITY %s%s", alter,
				 identity && strncmp(identity, "index ", 6) == 0 ? "USING INDEX " :
				 identity ? attached_word(identity) : "DEFAULT",
				 identity && strncmp(identity, "index ", 6) == 0 ? identity + 6 : "");
}

/*
 * Returns what is between the parentheses of CREATE TABLE.
 */
static char *
body_text(const DependNode *node, bool partition)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	/* in the order that they have */
	foreach(cell, prop_names(prop_get(node->row->definition, "columns")))
	{
		const DependNode *column = depend_find_row(NULL, node, "column", lfirst(cell));

		if (column && (partition || !prop_has(column->row->definition, "inherited")))
			appendStringInfo(&text, "%s\n    %s", text.len ? "," : "", column_text(column, partition));
	}
	for (int i = 1; i < node->unit->rows; i++)
	{
		const DependNode *part = node + 2 * i;

		if (depend_is(part, "constraint") && !part->stands_apart &&
			(partition || !prop_has(part->row->definition, "inherited")))
			appendStringInfo(&text, "%s\n    CONSTRAINT %s %s", text.len ? "," : "",
							 part->row->name, constraint_text(part->row));
	}
	if (text.len > 0)
		appendStringInfoChar(&text, '\n');
	return text.data;
}

/*
 * Writes a new table, with its constraints but for foreign keys and those that
 * call functions.
 */
void
table_make(SchemaPlan *plan, const DependNode *to)
{
	const char *definition = to->row->definition;
	char	   *options = options_list(prop_get(definition, "options"), "");
	char	   *toast = options_list(prop_get(definition, "toast options"), "toast.");
	bool		partition = is_partition(to);
	StringInfoData text;

	if (prop_has(definition, "of type"))
	{
		plan_skip(plan, to, "a table of a type is not written");
		return;
	}
	initStringInfo(&text);
	appendStringInfo(&text, "CREATE %sTABLE %s (%s)",
					 prop_has(definition, "unlogged") ? "UNLOGGED " : "", to->unit->identity,
					 body_text(to, partition));
	if (prop_has(definition, "inherits"))
		appendStringInfo(&text, " INHERITS (%s)", prop_get(definition, "inherits"));
	if (prop_has(definition, "partition by"))
		appendStringInfo(&text, " PARTITION BY %s", prop_get(definition, "partition by"));
	if (prop_has(definition, "access method"))
		appendStringInfo(&text, " USING %s", prop_get(definition, "access method"));
	if (*options || *toast)
		appendStringInfo(&text, " WITH (%s%s%s)", options, *options && *toast ? ", " : "", toast);
	if (prop_has(definition, "tablespace"))
		appendStringInfo(&text, " TABLESPACE %s", prop_get(definition, "tablespace"));
	plan_add(plan, PLAN_MAKE, to, "%s", text.data);
	attach(plan, to);
	write_rest(plan, to, "");
	attached_write_unit(plan, PLAN_MAKE, to, "");
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;

		if (depend_is(part, "column"))
			column_make_rest(plan, to, part);
		else if (depend_is(part, "constraint") && !part->stands_apart)
			attached_write_part(plan, part, "");
	}
}

static void
change_storage(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;
	char	   *alter = psprintf("ALTER TABLE %s", to->unit->identity);

	if (prop_has(old, "unlogged") != prop_has(new, "unlogged"))
	{
		plan_add(plan, PLAN_MAKE, to, "%s SET %s", alter,
				 prop_has(new, "unlogged") ? "UNLOGGED" : "LOGGED");
		if (!facts_is_empty(plan, to))
			plan_warn_up(plan, "table %s (%s) is rewritten under a lock that keeps out readers and writers, to make it %s",
						 to->unit->identity, facts_rows(plan, to),
						 prop_has(new, "unlogged") ? "unlogged" : "logged");
	}
	if (!prop_same(old, new, "tablespace"))
	{
		plan_add(plan, PLAN_MAKE, to, "%s SET TABLESPACE %s", alter,
				 prop_get(new, "tablespace") ? prop_get(new, "tablespace") : "pg_default");
		if (!facts_is_empty(plan, to))
			plan_warn_up(plan, "table %s (%s) is moved to another tablespace under a lock that keeps out readers and writers",
						 to->unit->identity, facts_rows(plan, to));
	}
	options_change(plan, to, alter, prop_get(old, "options"), prop_get(new, "options"), "");
	if (!prop_same(old, new, "access method"))
		plan_skip(plan, to, "the access method of a table is not changed");
	if (!prop_same(old, new, "inherits"))
		plan_skip(plan, to, "what a table inherits from is not changed");
}

/*
 * Writes that a table is no partition any more, or another one.  This comes
 * first, as its columns are then its own.
 */
void
table_drop_ties(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	char	   *bound;

	if (!is_partition(from) ||
		(to && prop_same(from->row->definition, to->row->definition, "partition of")))
		return;
	plan_add(plan, PLAN_DROP_FIRST, from, "ALTER TABLE %s DETACH PARTITION %s",
			 parent_of(prop_get(from->row->definition, "partition of"), &bound),
			 from->unit->identity)->order = PG_INT32_MAX - 1;
}

/*
 * Warns of columns that are dropped and added under another name.
 */
static void
warn_renamed(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	for (int i = 1; i < from->unit->rows; i++)
	{
		const DependNode *old = from + 2 * i;

		if (!depend_is(old, "column") || old->pair)
			continue;
		for (int j = 1; j < to->unit->rows; j++)
		{
			const DependNode *new = to + 2 * j;

			if (!depend_is(new, "column") || new->pair ||
				!prop_same(old->row->definition, new->row->definition, "type"))
				continue;
			plan_warn_up(plan, "if column %s.%s is to be renamed to %s, write ALTER TABLE %s RENAME COLUMN %s TO %s in place of dropping the one and adding the other, which loses what is in it",
					  to->unit->identity, old->row->name, new->row->name, to->unit->identity,
					  old->row->name, new->row->name);
			break;
		}
	}
}

static void
add_columns(SchemaPlan *plan, const DependNode *to, bool generated)
{
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;

		if (depend_is(part, "column") && generated == prop_has(part->row->definition, "generated") &&
			(part->pair == NULL || part->pair->fate == FATE_GOES) && !depend_follows_parent(part))
			column_add(plan, to, part);
	}
}

static void
change_columns(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	add_columns(plan, to, false);
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;

		if (depend_is(part, "column") && part->pair && part->pair->fate == FATE_STAYS)
			column_change(plan, to, part->pair, part);
	}
	/* from columns as they are by now */
	add_columns(plan, to, true);
	for (int i = 1; i < from->unit->rows; i++)
	{
		const DependNode *part = from + 2 * i;

		if (!depend_is(part, "column") || part->pair || part->fate == FATE_GOES ||
			depend_follows_parent(part))
			continue;
		column_drop(plan, PLAN_MAKE, to, part);
		if (!facts_is_empty(plan, to))
			plan_warn_up(plan, "column %s.%s is dropped, with what is in it: table %s has %s",
					  to->unit->identity, part->row->name, to->unit->identity,
					  facts_rows(plan, to));
	}
}

/*
 * Writes how a table that is there changes, but for its constraints and the
 * like.
 */
void
table_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	attached_write_unit(plan, PLAN_MAKE, to, from->row->definition);
	change_storage(plan, from, to);
	warn_renamed(plan, from, to);
	change_columns(plan, from, to);
	/* there may have been nothing to toast before */
	options_change(plan, to, psprintf("ALTER TABLE %s", to->unit->identity),
				   prop_get(from->row->definition, "toast options"),
				   prop_get(to->row->definition, "toast options"), "toast.");
	write_rest(plan, to, from->row->definition);
	if (!prop_same(from->row->definition, to->row->definition, "partition of"))
		attach(plan, to);
}
