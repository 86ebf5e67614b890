/*-------------------------------------------------------------------------
 *
 * added.c
 *	  A unit to which parts were only added.
 *
 * How it was before follows from how it is now, without the new parts; so it is
 * described once, not twice.  This goes for columns and indexes, which others
 * refer to only in rows of their own: of the table's own row, only the list of
 * columns names them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "drift/added.h"
#include "drift/merge.h"

typedef struct AddedPart
{
	bool		is_column;
	Oid			part;			/* number of the column, OID of the index */
} AddedPart;

/*
 * Returns the list with one more part.  It must last as long as the list.
 */
List *
added_note(List *added, bool is_column, Oid part)
{
	AddedPart  *new_part = palloc(sizeof(AddedPart));

	new_part->is_column = is_column;
	new_part->part = part;
	return lappend(added, new_part);
}

static bool
is_added(const SchemaRow *row, List *added)
{
	bool		is_column = strcmp(row->kind, "column") == 0;
	ListCell   *cell;

	if (!is_column && strcmp(row->kind, "index") != 0)
		return false;
	foreach(cell, added)
	{
		const AddedPart *part = lfirst(cell);

		if (part->is_column == is_column && part->part == row->part)
			return true;
	}
	return false;
}

/*
 * Takes a name off the end of the list of columns, where a new column is.
 */
static void
take_off_column(SchemaRow *table, const char *name)
{
	const char *property = table->definition;

	while (property && *property)
	{
		int			length;
		const char *next = snapshot_next_property(property, &length);
		int			end = (int) (property - table->definition) + length;
		int			rest = length - (int) strlen(name);

		if (property_is_order(property))
		{
			if (rest <= 0 || strncmp(property + rest, name, strlen(name)) != 0 ||
				property[rest - 1] != ' ')
				return;
			rest -= property[rest - 2] == ',' ? 2 : 0;
			table->definition = psprintf("%.*s%s",
										 (int) (property - table->definition) + rest,
										 table->definition, table->definition + end);
			return;
		}
		property = next;
	}
}

static int
compare_parts(const void *a, const void *b)
{
	const SchemaRow *x = a;
	const SchemaRow *y = b;

	return x->part < y->part ? 1 : x->part > y->part ? -1 : 0;
}

/*
 * Takes the added parts out of a unit.
 */
void
added_take_out(SchemaUnit *unit, List *added)
{
	SchemaRow  *taken = palloc(sizeof(SchemaRow) * unit->rows);
	int			columns = 0,
				kept = 0;

	for (int i = 0; i < unit->rows; i++)
	{
		if (!is_added(&unit->row[i], added))
			unit->row[kept++] = unit->row[i];
		else if (strcmp(unit->row[i].kind, "column") == 0)
			taken[columns++] = unit->row[i];
	}
	unit->rows = kept;
	/* the last one first */
	qsort(taken, columns, sizeof(SchemaRow), compare_parts);
	for (int i = 0; i < columns; i++)
		take_off_column(&unit->row[0], taken[i].name);
	pfree(taken);
}
