/*-------------------------------------------------------------------------
 *
 * rules_foreign_key.c
 *	  Rules about what a foreign key needs: something unique to refer to, an
 *	  index of its own, and columns of the same types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "lint/family.h"
#include "lint/tree.h"

/*
 * A foreign key, to be judged when all indexes are known.
 */
typedef struct OpenKey
{
	LintTable  *table;
	List	   *columns;		/* names */
	int			location;
	bool		fresh;			/* the table was made by the script */
} OpenKey;

/*
 * Are two lists of names the same, in any order?
 */
static bool
same_names(const List *a, const List *b)
{
	ListCell   *cell;

	if (list_length(a) != list_length(b))
		return false;
	foreach(cell, a)
		if (lfirst(cell) == NULL || !tree_is_list_member(b, lfirst(cell)))
			return false;
	return true;
}

/*
 * Do the first columns of an index serve to look the names up?
 */
static bool
begins_with(const List *index, const List *names)
{
	return list_length(index) >= list_length(names) &&
		same_names(list_truncate(list_copy(index), list_length(names)), names);
}

/*
 * Judges whether an index serves a foreign key.
 */
static void
judge_index(Lint *lint, void *arg)
{
	OpenKey    *open = arg;
	LintTable  *table = open->table;
	LintSeverity severity;
	ListCell   *cell;

	if (table->gone || table->vague)
		return;
	severity = tables_lesser(tables_severity(table), LINT_WARNING);
	if (!lint_wants(lint, RULE_FOREIGN_KEY_INDEX, severity))
		return;
	foreach(cell, open->columns)
	{
		LintColumn *column = tables_column(table, lfirst(cell));

		if (column == NULL)
			return;
	}
	foreach(cell, tables_keys(table))
	{
		LintKey    *key = lfirst(cell);

		if (key->whole && begins_with(key->columns, open->columns))
			return;
	}
	lint_report(lint, RULE_FOREIGN_KEY_INDEX, severity, open->location,
				psprintf("no index of %s begins with (%s), the columns of the foreign key; each DELETE or UPDATE of a key referred to reads the whole table",
						 tables_label(table), tree_name_list(open->columns)),
				psprintf("CREATE INDEX%s ON %s (%s).", open->fresh ? "" : " CONCURRENTLY",
						 tables_sql(table), tree_name_list(open->columns)));
}

/*
 * Returns the columns that a foreign key refers to: those named, or the primary
 * key's; NIL if that is not known, and NIL with "none" if there is no such key.
 */
static List *
referenced(LintTable *other, const Constraint *constraint, bool *none)
{
	ListCell   *cell;

	*none = false;
	if (constraint->pk_attrs != NIL)
		return tree_names(constraint->pk_attrs);
	foreach(cell, tables_keys(other))
	{
		LintKey    *key = lfirst(cell);

		if (key->primary)
			return key->columns;
	}
	*none = true;
	return NIL;
}

/*
 * Is there something unique over the columns?
 */
static bool
has_unique(LintTable *other, const List *columns)
{
	ListCell   *cell;

	foreach(cell, tables_keys(other))
	{
		LintKey    *key = lfirst(cell);

		if (key->unique && same_names(key->columns, columns))
			return true;
	}
	return false;
}

/*
 * A foreign key that is refused: what it refers to is not unique.
 */
static void
look_at_target(Lint *lint, LintTable *other, const Constraint *constraint, int location)
{
	bool		none;
	List	   *columns = referenced(other, constraint, &none);
	char	   *list;

	if (lint->opaque || other->vague ||
		(other->kind != RELKIND_RELATION && other->kind != RELKIND_PARTITIONED_TABLE))
		return;
	if (none)
		lint_report(lint, RULE_FOREIGN_KEY_FAILS, LINT_ERROR, location,
					psprintf("table \"%s\" has no primary key for the foreign key to refer to", other->name),
					psprintf("Name the columns: REFERENCES %s (...); they need a primary key, or a unique constraint or index.",
							 tables_sql(other)));
	else if (!has_unique(other, columns))
	{
		list = tree_name_list(columns);
		lint_report(lint, RULE_FOREIGN_KEY_FAILS, LINT_ERROR, location,
					psprintf("columns (%s) of table \"%s\", which the foreign key refers to, have no unique constraint",
							 list, other->name),
					psprintf("%s ON %s (%s), before.",
							 tables_is_old(other) ? "CREATE UNIQUE INDEX CONCURRENTLY" : "CREATE UNIQUE INDEX",
							 tables_sql(other), list));
	}
}

/*
 * Other types than those referred to work, but not for all values, or slower.
 */
static void
look_at_types(Lint *lint, LintTable *table, LintTable *other, const Constraint *constraint,
			  const List *columns, int location)
{
	bool		none;
	List	   *targets = referenced(other, constraint, &none);

	if (list_length(targets) != list_length(columns) ||
		!lint_wants(lint, RULE_FOREIGN_KEY_TYPE, LINT_NOTICE))
		return;
	for (int i = 0; i < list_length(columns); i++)
	{
		LintColumn *from = tables_column(table, list_nth(columns, i));
		LintColumn *to = list_nth(targets, i) ? tables_column(other, list_nth(targets, i)) : NULL;

		if (from == NULL || to == NULL || !OidIsValid(from->type) || !OidIsValid(to->type) ||
			from->type == to->type)
			continue;
		lint_report(lint, RULE_FOREIGN_KEY_TYPE, LINT_NOTICE, location,
					psprintf("column \"%s\" is of type %s, but \"%s\" of table \"%s\", which it refers to, of type %s",
							 from->name, format_type_be(from->type), to->name, other->name,
							 format_type_be(to->type)),
					psprintf("Make it %s.", format_type_be(to->type)));
	}
}

/*
 * Rules about a foreign key of "columns", which a statement makes.
 */
void
rules_foreign_key(Lint *lint, LintTable *table, Constraint *constraint, List *columns)
{
	LintTable  *other = tables_find(lint, constraint->pktable);
	OpenKey    *open = palloc0(sizeof(OpenKey));

	if (other)
	{
		look_at_target(lint, other, constraint, constraint->location);
		look_at_types(lint, table, other, constraint, columns, constraint->location);
	}
	open->table = table;
	open->columns = columns;
	open->location = constraint->location;
	open->fresh = !tables_is_old(table);
	lint_later(lint, judge_index, open);
}
