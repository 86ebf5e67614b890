/*-------------------------------------------------------------------------
 *
 * scope.c
 *	  Which objects take part, and what is not said of them.
 *
 * Those in the schemas that the desired SQL makes objects in take part.  Owners,
 * grants and comments do not, unless the desired SQL speaks of them: then the
 * desired schema gets those that are there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "drift/merge.h"
#include "generate/property.h"
#include "generate/scope.h"

/* kinds whose names are in no schema */
static const char *const without_schema[] = {
	"schema", "extension", "language", "access method", "event trigger", "default privileges",
	"settings", "cast", "foreign data wrapper", "server", "user mapping", "publication",
	"subscription", "transform", NULL
};

/*
 * Returns the schema that a unit is or is in, as a quoted name; NULL if it is in
 * none.
 */
char *
scope_schema_of(const SchemaUnit *unit)
{
	int			length;

	if (strcmp(unit->kind, "schema") == 0)
		return pstrdup(unit->identity);
	if (strcmp(unit->kind, "default privileges") == 0)
	{
		const char *in = strstr(unit->identity, " in schema ");
		const char *on = in ? strstr(in, " on ") : NULL;

		return on ? pnstrdup(in + strlen(" in schema "), on - in - strlen(" in schema ")) : NULL;
	}
	for (int i = 0; without_schema[i]; i++)
		if (strcmp(unit->kind, without_schema[i]) == 0)
			return NULL;
	length = snapshot_schema_length(unit);
	return length > 0 ? pnstrdup(unit->identity, length) : NULL;
}

/*
 * Is the unit in one of the schemas?
 */
bool
scope_has(const List *schemas, const SchemaUnit *unit)
{
	char	   *schema = scope_schema_of(unit);
	ListCell   *cell;

	if (schema == NULL)
		return false;
	foreach(cell, schemas)
		if (strcmp(quote_identifier(lfirst(cell)), schema) == 0)
			return true;
	return false;
}

/*
 * Marks in the graph what takes part: what is in the schemas, and default
 * privileges if the SQL speaks of grants.
 */
void
scope_mark(DependGraph *graph, const Desired *said)
{
	for (int i = 0; i < graph->snapshot->units; i++)
	{
		SchemaUnit *unit = graph->snapshot->unit[i];
		bool		in_scope = scope_has(said->schemas, unit) &&
			(said->grants || strcmp(unit->kind, "default privileges") != 0);

		for (int j = 0; j < 2 * unit->rows; j++)
			graph->node[graph->first[i] + j].in_scope = in_scope;
	}
}

/*
 * Returns the properties of these names, a line each.
 */
static char *
only(const char *definition, const char *const *keys)
{
	StringInfoData text;
	const char *p = definition;
	char	   *rest = prop_without(definition, keys);

	initStringInfo(&text);
	while (p && *p)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);

		if (!property_in(p, length, rest))
			appendStringInfo(&text, "%s%.*s", text.len ? "\n" : "", length, p);
		p = next;
	}
	return text.data;
}

/*
 * Gives the row the properties of these names that the live one has; none, if
 * there is no live one.
 */
static void
keep_properties(SchemaRow *row, const SchemaRow *live, const char *const *keys)
{
	char	   *kept,
			   *rest;

	if (live && prop_same_but(row->definition, live->definition, keys))
	{
		row->definition = live->definition;
		return;
	}
	kept = live ? only(live->definition, keys) : pstrdup("");
	rest = prop_without(row->definition, keys);
	row->definition = psprintf("%s%s%s", rest, *rest && *kept ? "\n" : "", kept);
}

/*
 * Keeps of the live schema what the desired SQL does not speak of.
 */
void
scope_keep_unsaid(SchemaSnapshot *desired, const SchemaSnapshot *live, const Desired *said)
{
	const char *of_existing[16];
	const char *of_new[16];
	int			existing = 0,
				fresh = 0;

	if (!said->owners)
		of_existing[existing++] = "owner";
	if (!said->grants)
		of_existing[existing++] = of_new[fresh++] = "grant",
			of_existing[existing++] = of_new[fresh++] = "revoke",
			of_existing[existing++] = of_new[fresh++] = "sequence grant",
			of_existing[existing++] = of_new[fresh++] = "sequence revoke";
	if (!said->comments)
		of_existing[existing++] = "comment",
			of_existing[existing++] = "index comment",
			of_existing[existing++] = "sequence comment";
	of_existing[existing++] = "label";
	of_existing[existing] = of_new[fresh] = NULL;

	for (int i = 0; i < desired->units; i++)
	{
		SchemaUnit *unit = desired->unit[i];
		SchemaUnit **found = snapshot_position(live, unit->kind, unit->identity);

		for (int j = 0; j < unit->rows; j++)
		{
			SchemaRow  *row = &unit->row[j];
			SchemaRow  *there = !found ? NULL : j == 0 ? &(*found)->row[0] :
				snapshot_find_row(*found, row->kind, row->name);

			keep_properties(row, there, there ? of_existing : of_new);
		}
	}
}
