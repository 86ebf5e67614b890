/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Makes the change of a migration to the expected schema.
 *
 * What is expected of a unit may differ from what was there when the migration
 * ran: that is drift, and must not be taken for the migration's work.  So the
 * new expectation is not how the unit is afterwards, but the old expectation
 * with the difference between before and after: part by part, and property by
 * property.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/pg_list.h"

#include "drift/merge.h"

/*
 * Is the property in the definition?
 */
bool
property_in(const char *property, int length, const char *definition)
{
	const char *p = definition;

	while (p)
	{
		int			other;
		const char *next = snapshot_next_property(p, &other);

		if (other == length && memcmp(p, property, length) == 0)
			return true;
		p = next;
	}
	return false;
}

static bool
begins_with(const char *property, const char *words)
{
	return strncmp(property, words, strlen(words)) == 0;
}

/*
 * Does the property say in which order the columns are?
 */
bool
property_is_order(const char *property)
{
	return begins_with(property, "columns ");
}

/*
 * Is it something that is attached to the object by another command than that
 * which defines it?
 */
bool
property_is_attached(const char *property)
{
	return begins_with(property, "owner ") || begins_with(property, "grant ") ||
		begins_with(property, "revoke ") || begins_with(property, "comment ") ||
		begins_with(property, "label ");
}

/*
 * Returns the length of the words that say what the property is about: there
 * can be one such property only.  The whole property, if there can be more.
 */
int
property_key_length(const char *property, int length)
{
	static const char *const many[] = {
		"grant ", "revoke ", "label ", "set ", "table ", "schema ", "operator ", "function ",
		"mapping ", "option ", "tags ", "transform ", "sequence grant ", "sequence revoke ", NULL
	};
	static const char *const two[] = {
		"not ", "on ", "sequence ", "row ", "replica ", "moving ", "final ", "toast ", "security ",
		"statistics ", "index ", "foreign ", "partition ", "access ", "input ", "output ", NULL
	};
	int			words = 1;
	int			i;

	for (i = 0; many[i]; i++)
		if (begins_with(property, many[i]))
			return length;
	for (i = 0; two[i]; i++)
		if (begins_with(property, two[i]))
			words = 2;
	for (i = 0; i < length; i++)
		if ((property[i] == ' ' || property[i] == '\n') && --words == 0)
			break;
	return i;
}

/*
 * Is there a property about the same as this one in "definition"?
 */
static bool
key_in(const char *property, int length, const char *definition)
{
	int			key = property_key_length(property, length);
	const char *p = definition;

	while (p)
	{
		int			other;
		const char *next = snapshot_next_property(p, &other);

		if (property_key_length(p, other) == key && memcmp(p, property, key) == 0)
			return true;
		p = next;
	}
	return false;
}

static void
add_property(StringInfo text, const char *property, int length)
{
	if (text->len > 0)
		appendStringInfoChar(text, '\n');
	appendBinaryStringInfo(text, property, length);
}

/*
 * Adds the properties of "definition" that are not in "but".
 */
static void
add_properties(StringInfo text, const char *definition, const char *but)
{
	const char *p = definition;

	while (p && *p)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);

		if (!property_in(p, length, but))
			add_property(text, p, length);
		p = next;
	}
}

/*
 * Returns the expected definition after a change from "before" to "after".
 * With "declared", all that is not attached is as it is after.
 */
static const char *
merge_definition(const char *expected, const char *before, const char *after, bool declared)
{
	StringInfoData text,
				removed,
				added;
	const char *p;

	if (strcmp(expected, before) == 0 || strcmp(expected, after) == 0)
		return after;
	if (!declared && strcmp(before, after) == 0)
		return expected;

	initStringInfo(&removed);
	initStringInfo(&added);
	initStringInfo(&text);
	add_properties(&removed, before, after);
	add_properties(&added, after, before);
	for (p = after; p && *p;)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);

		if (property_in(p, length, expected) || property_in(p, length, added.data) ||
			(declared && !property_is_attached(p)))
			add_property(&text, p, length);
		p = next;
	}
	for (p = expected; p && *p;)
	{
		int			length;
		const char *next = snapshot_next_property(p, &length);

		if (!property_in(p, length, after) && !key_in(p, length, removed.data) &&
			!key_in(p, length, added.data) && !(declared && !property_is_attached(p)))
			add_property(&text, p, length);
		p = next;
	}
	return text.data;
}

static SchemaUnit *
copy_head(const SchemaUnit *unit)
{
	SchemaUnit *copy = palloc0(sizeof(SchemaUnit));

	copy->class_id = unit->class_id;
	copy->object_id = unit->object_id;
	copy->kind = unit->kind;
	copy->identity = unit->identity;
	return copy;
}

/*
 * Finds the row of the same part of the unit, whatever its name was then.
 */
static const SchemaRow *
find_part(const SchemaUnit *before, const SchemaRow *now)
{
	for (int i = 0; i < before->rows; i++)
	{
		const SchemaRow *then = &before->row[i];

		if (strcmp(then->kind, now->kind) == 0 &&
			(then->part == now->part ||
			 (then->part == InvalidOid && strcmp(then->name, now->name) == 0)))
			return then;
	}
	return NULL;
}

/*
 * Returns what is expected of a unit after a change from "before" to "after";
 * NULL if nothing.  Each of the arguments may be NULL, too.
 */
SchemaUnit *
merge_unit(const SchemaUnit *expected, const SchemaUnit *before, const SchemaUnit *after,
		   bool declared)
{
	SchemaUnit *merged;

	if (after == NULL)
		return NULL;
	merged = copy_head(after);
	for (int i = 0; i < after->rows; i++)
	{
		const SchemaRow *now = &after->row[i];
		const SchemaRow *then = before ? find_part(before, now) : NULL;
		const SchemaRow *wanted = expected ?
			snapshot_find_row(expected, now->kind, then ? then->name : now->name) : NULL;

		if (then == NULL)
			snapshot_add_row(merged, now->kind, now->name, now->definition);
		else if (wanted)
			snapshot_add_row(merged, now->kind, now->name,
							 merge_definition(wanted->definition, then->definition,
											  now->definition, declared));
		else if (declared)
			snapshot_add_row(merged, now->kind, now->name, now->definition);
	}
	for (int i = 0; expected && i < expected->rows; i++)
	{
		const SchemaRow *wanted = &expected->row[i];

		if (!snapshot_find_row(after, wanted->kind, wanted->name) &&
			!(before && snapshot_find_row(before, wanted->kind, wanted->name)))
			snapshot_add_row(merged, wanted->kind, wanted->name, wanted->definition);
	}
	/* not expected to be there at all, and not made by the migration */
	if (merged->rows == 0 || merged->row[0].name[0] != '\0')
		return NULL;
	snapshot_sort_rows(merged);
	return merged;
}
