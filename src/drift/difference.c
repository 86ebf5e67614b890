/*-------------------------------------------------------------------------
 *
 * difference.c
 *	  How two descriptions of a schema differ, as a list.
 *
 * What is a part of an object that is missing or unexpected as a whole is not
 * listed besides, nor is a sequence that has come or gone with its column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "drift/difference.h"

static Difference *
add_difference(Differences *differences, const SchemaUnit *unit, const SchemaRow *row,
			   DifferenceChange change)
{
	Difference *difference = palloc0(sizeof(Difference));

	difference->kind = row->kind;
	difference->identity = snapshot_row_identity(unit, row);
	difference->change = change;
	differences->list = lappend(differences->list, difference);
	return difference;
}

/*
 * A column of a view has a row only if there is more to say of it than the
 * view's query does.  Then the row is on one side, but the column is on both.
 */
static bool
add_view_column(Differences *differences, const SchemaUnit *unit, const SchemaRow *row,
				DifferenceChange change)
{
	Difference *difference;
	char	   *expected,
			   *actual;

	if (strcmp(row->kind, "column") != 0 || strstr(unit->kind, "view") == NULL)
		return false;
	if (!compare_definitions(change == DIFFERENCE_MISSING ? row->definition : "",
							 change == DIFFERENCE_MISSING ? "" : row->definition,
							 differences->is_ignored, &expected, &actual))
		return true;
	difference = add_difference(differences, unit, row, DIFFERENCE_CHANGED);
	difference->expected = expected;
	difference->actual = actual;
	return true;
}

/*
 * A row is only on one side.
 */
void
difference_one_sided(Differences *differences, const SchemaUnit *unit, const SchemaRow *row,
			  DifferenceChange change)
{
	Difference *difference;
	char	   *words;
	const char *owned_by = strstr(row->definition, "owned by ");

	if (add_view_column(differences, unit, row, change))
		return;
	difference = add_difference(differences, unit, row, change);
	words = definition_words(row->definition, differences->is_ignored);
	if (change == DIFFERENCE_MISSING)
		difference->expected = words;
	else
		difference->actual = words;
	if (owned_by && strcmp(row->kind, "sequence") == 0)
	{
		owned_by += strlen("owned by ");
		difference->owned_by = pnstrdup(owned_by, strcspn(owned_by, "\n"));
	}
}

/*
 * Compares the rows of a unit that is on both sides.
 */
void
difference_of_unit(Differences *differences, const SchemaUnit *expected, const SchemaUnit *actual)
{
	for (int i = 0; i < expected->rows; i++)
	{
		const SchemaRow *row = &expected->row[i];
		const SchemaRow *other = snapshot_find_row(actual, row->kind, row->name);
		char	   *expected_words,
				   *actual_words;

		if (other == NULL)
			difference_one_sided(differences, expected, row, DIFFERENCE_MISSING);
		else if (compare_definitions(row->definition, other->definition, differences->is_ignored,
									 &expected_words, &actual_words))
		{
			Difference *difference = add_difference(differences, expected, row, DIFFERENCE_CHANGED);

			difference->expected = expected_words;
			difference->actual = actual_words;
		}
	}
	for (int i = 0; i < actual->rows; i++)
		if (!snapshot_find_row(expected, actual->row[i].kind, actual->row[i].name))
			difference_one_sided(differences, actual, &actual->row[i], DIFFERENCE_UNEXPECTED);
}

static int
compare_differences(const ListCell *a, const ListCell *b)
{
	const Difference *x = lfirst(a);
	const Difference *y = lfirst(b);
	int			order = strcmp(x->kind, y->kind);

	return order ? order : strcmp(x->identity, y->identity);
}

/*
 * Has the sequence come or gone with its column, or the column's table?
 */
static bool
follows_column(const Differences *differences, const Difference *sequence)
{
	ListCell   *cell;

	foreach(cell, differences->list)
	{
		Difference *other = lfirst(cell);
		size_t		length = strlen(other->identity);

		if (other->change != sequence->change)
			continue;
		if (strcmp(other->kind, "column") == 0 && strcmp(other->identity, sequence->owned_by) == 0)
			return true;
		if (strcmp(other->kind, "table") == 0 &&
			strncmp(other->identity, sequence->owned_by, length) == 0 &&
			sequence->owned_by[length] == '.')
			return true;
	}
	return false;
}

/*
 * Adds how the actual snapshot differs from the expected one, both sorted.
 */
void
difference_of_snapshots(Differences *differences, const SchemaSnapshot *expected,
						const SchemaSnapshot *actual)
{
	int			i = 0,
				j = 0;

	while (i < expected->units || j < actual->units)
	{
		int			order = i == expected->units ? 1 : j == actual->units ? -1 :
			snapshot_compare_units(expected->unit[i], actual->unit[j]);

		if (order < 0)
		{
			difference_one_sided(differences, expected->unit[i], &expected->unit[i]->row[0],
								 DIFFERENCE_MISSING);
			i++;
		}
		else if (order > 0)
		{
			difference_one_sided(differences, actual->unit[j], &actual->unit[j]->row[0],
								 DIFFERENCE_UNEXPECTED);
			j++;
		}
		else
			difference_of_unit(differences, expected->unit[i++], actual->unit[j++]);
	}
}

/*
 * Ends the comparison: returns what differs, sorted.
 */
List *
difference_list(Differences *differences)
{
	List	   *result = NIL;
	ListCell   *cell;

	list_sort(differences->list, compare_differences);
	foreach(cell, differences->list)
	{
		Difference *difference = lfirst(cell);

		if (difference->owned_by == NULL || !follows_column(differences, difference))
			result = lappend(result, difference);
	}
	return result;
}
