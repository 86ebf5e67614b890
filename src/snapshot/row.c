/*-------------------------------------------------------------------------
 *
 * row.c
 *	  The rows that a snapshot is made of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "snapshot/snapshot.h"

/*
 * Adds a unit, which has been allocated in the current context, at the end.
 */
void
snapshot_add_unit(SchemaSnapshot *snapshot, SchemaUnit *unit)
{
	if (snapshot->units == snapshot->room)
	{
		snapshot->room = Max(64, snapshot->room * 2);
		snapshot->unit = snapshot->unit ?
			repalloc_huge(snapshot->unit, sizeof(SchemaUnit *) * snapshot->room) :
			palloc(sizeof(SchemaUnit *) * snapshot->room);
	}
	snapshot->unit[snapshot->units++] = unit;
}

/*
 * Adds a row at the end of the unit.  The strings must last.
 */
SchemaRow *
snapshot_add_row(SchemaUnit *unit, const char *kind, const char *name, const char *definition)
{
	SchemaRow  *row;

	if (unit->rows == unit->room)
	{
		unit->room = unit->room == 0 ? 1 : unit->room == 1 ? 16 : unit->room * 2;
		unit->row = unit->row ? repalloc(unit->row, sizeof(SchemaRow) * unit->room) :
			palloc(sizeof(SchemaRow) * unit->room);
	}
	row = &unit->row[unit->rows++];
	row->kind = kind;
	row->name = name;
	row->definition = definition;
	row->part = InvalidOid;
	return row;
}

/*
 * Returns a copy of a unit.
 */
SchemaUnit *
snapshot_copy_unit(const SchemaUnit *unit)
{
	SchemaUnit *copy = palloc0(sizeof(SchemaUnit));

	copy->class_id = unit->class_id;
	copy->object_id = unit->object_id;
	/* one that was not read from the catalogs has none of the constants */
	copy->kind = pstrdup(unit->kind);
	copy->identity = pstrdup(unit->identity);
	for (int i = 0; i < unit->rows; i++)
		snapshot_add_row(copy, pstrdup(unit->row[i].kind), pstrdup(unit->row[i].name),
						 pstrdup(unit->row[i].definition))->part = unit->row[i].part;
	return copy;
}

SchemaRow *
snapshot_find_row(const SchemaUnit *unit, const char *kind, const char *name)
{
	for (int i = 0; i < unit->rows; i++)
		if (strcmp(unit->row[i].name, name) == 0 && strcmp(unit->row[i].kind, kind) == 0)
			return &unit->row[i];
	return NULL;
}

static int
compare_rows(const void *a, const void *b)
{
	const SchemaRow *x = a;
	const SchemaRow *y = b;
	int			order;

	/* the unit itself first */
	if (x->name[0] == '\0' || y->name[0] == '\0')
		return (x->name[0] != '\0') - (y->name[0] != '\0');
	order = strcmp(x->kind, y->kind);
	return order ? order : strcmp(x->name, y->name);
}

/*
 * Sorts what is within the unit by kind and name.
 */
void
snapshot_sort_rows(SchemaUnit *unit)
{
	qsort(unit->row, unit->rows, sizeof(SchemaRow), compare_rows);
}

/*
 * Returns the length of the name of the schema that the identity begins with;
 * 0 if the object is in none.
 */
int
snapshot_schema_length(const SchemaUnit *unit)
{
	const char *p = unit->identity;

	if (*p == '"')
	{
		for (p++; *p; p++)
		{
			if (*p != '"')
				continue;
			if (p[1] != '"')
				break;
			p++;
		}
		if (*p)
			p++;
	}
	else
		p += strcspn(p, ". (");
	return *p == '.' ? (int) (p - unit->identity) : 0;
}

/*
 * Returns the identity of a row of the unit.
 */
char *
snapshot_row_identity(const SchemaUnit *unit, const SchemaRow *row)
{
	if (row->name[0] == '\0')
		return pstrdup(unit->identity);
	if (strcmp(row->kind, "column") == 0 || strcmp(row->kind, "attribute") == 0)
		return psprintf("%s.%s", unit->identity, row->name);
	/* an index is in the schema of its table */
	if (strcmp(row->kind, "index") == 0)
		return psprintf("%.*s.%s", snapshot_schema_length(unit), unit->identity, row->name);
	return psprintf("%s on %s", row->name, unit->identity);
}

/*
 * Returns the property after "property", or NULL at the end, and the length of
 * "property" without the end of its last line.
 */
const char *
snapshot_next_property(const char *property, int *length)
{
	const char *end = property;

	for (;;)
	{
		end = strchr(end, '\n');
		if (end == NULL)
		{
			*length = (int) strlen(property);
			return NULL;
		}
		if (end[1] != '\t')
		{
			*length = (int) (end - property);
			return end + 1;
		}
		end++;
	}
}
