/*-------------------------------------------------------------------------
 *
 * write_type.c
 *	  Enums, composite types, ranges, domains.
 *
 * Labels are added to an enum where it is.  Otherwise a new one takes its name,
 * and the columns change over to it by way of the text of their values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "generate/attached.h"
#include "generate/cast.h"
#include "generate/facts.h"
#include "generate/property.h"
#include "generate/write.h"

/*
 * Returns the labels of an enum, as literals.
 */
List *
type_enum_labels(const char *definition)
{
	char	   *list = prop_get(definition, "enum");
	List	   *labels = NIL;

	for (char *p = list ? list + 1 : NULL; p && *p && *p != ')';)
	{
		char	   *begin = p;

		p = strchr(p, '\'') + 1;
		while (*p && (p[0] != '\'' || p[1] == '\''))
			p += p[0] == '\'' ? 2 : p[0] == '\\' && *begin == 'E' ? 2 : 1;
		labels = lappend(labels, pnstrdup(begin, p + 1 - begin));
		p += strspn(p + 1, ", ") + 1;
	}
	return labels;
}

/*
 * Are all labels of "from" in "to", in the same order?
 */
bool
type_enum_grows(const char *from, const char *to)
{
	List	   *labels = type_enum_labels(to);
	int			at = 0;
	ListCell   *cell;

	foreach(cell, type_enum_labels(from))
	{
		while (at < list_length(labels) && strcmp(list_nth(labels, at), lfirst(cell)) != 0)
			at++;
		if (at++ == list_length(labels))
			return false;
	}
	return true;
}

static void
add_labels(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	List	   *old = type_enum_labels(from->row->definition);
	List	   *labels = type_enum_labels(to->row->definition);

	for (int i = 0; i < list_length(labels); i++)
	{
		if (prop_list_has(old, list_nth(labels, i)))
			continue;
		if (i > 0)
			plan_add(plan, PLAN_MAKE, to, "ALTER TYPE %s ADD VALUE %s AFTER %s",
					 to->unit->identity, (char *) list_nth(labels, i),
					 (char *) list_nth(labels, i - 1));
		else if (old != NIL)
			plan_add(plan, PLAN_MAKE, to, "ALTER TYPE %s ADD VALUE %s BEFORE %s",
					 to->unit->identity, (char *) list_nth(labels, i), (char *) linitial(old));
		else
			plan_add(plan, PLAN_MAKE, to, "ALTER TYPE %s ADD VALUE %s", to->unit->identity,
					 (char *) list_nth(labels, i));
	}
}

static char *
attribute_text(const DependNode *attribute)
{
	const char *definition = attribute->row->definition;
	char	   *collation = prop_get(definition, "collation");

	return psprintf("%s %s%s%s", attribute->row->name, prop_get(definition, "type"),
					collation ? " COLLATE " : "", collation ? collation : "");
}

static void
write_attribute_comments(SchemaPlan *plan, const DependNode *to)
{
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;
		const char *old = part->pair ? part->pair->row->definition : "";

		if (depend_is(part, "attribute"))
			attached_write_column(plan, to, part, old);
	}
}

static void
composite_make(SchemaPlan *plan, const DependNode *to)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, prop_names(prop_get(to->row->definition, "columns")))
	{
		const DependNode *attribute = depend_find_row(NULL, to, "attribute", lfirst(cell));

		if (attribute)
			appendStringInfo(&text, "%s\n    %s", text.len ? "," : "", attribute_text(attribute));
	}
	plan_add(plan, PLAN_MAKE, to, "CREATE TYPE %s AS (%s\n)", to->unit->identity, text.data);
	write_attribute_comments(plan, to);
}

static void
range_make(SchemaPlan *plan, const DependNode *to)
{
	static const struct
	{
		const char *property;
		const char *word;
		bool		call;		/* a function, of which SQL takes the name alone */
	}			clauses[] = {
		{"operator class", "SUBTYPE_OPCLASS", false}, {"collation", "COLLATION", false},
		{"canonical function", "CANONICAL", true}, {"difference function", "SUBTYPE_DIFF", true},
		{"multirange type", "MULTIRANGE_TYPE_NAME", false}
	};
	const char *definition = to->row->definition;
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < (int) lengthof(clauses); i++)
	{
		char	   *value = prop_get(definition, clauses[i].property);

		if (value && clauses[i].call)
			value[strcspn(value, "(")] = '\0';
		if (value)
			appendStringInfo(&text, ", %s = %s", clauses[i].word, value);
	}
	plan_add(plan, PLAN_MAKE, to, "CREATE TYPE %s AS RANGE (SUBTYPE = %s%s)", to->unit->identity,
			 prop_get(definition, "range of"), text.data);
}

/*
 * Writes a new type.
 */
void
type_make(SchemaPlan *plan, const DependNode *to)
{
	const char *definition = to->row->definition;

	if (prop_has(definition, "enum"))
		plan_add(plan, PLAN_MAKE, to, "CREATE TYPE %s AS ENUM %s", to->unit->identity,
				 prop_get(definition, "enum"));
	else if (prop_has(definition, "composite"))
		composite_make(plan, to);
	else if (prop_has(definition, "range of"))
		range_make(plan, to);
	else
	{
		plan_skip(plan, to, "base types are not written");
		return;
	}
	attached_write_unit(plan, PLAN_MAKE, to, "");
}

/*
 * Can the one be made into the other, if it is no enum?
 */
bool
type_is_changeable(const char *from, const char *to)
{
	static const char *const attached[] = {
		"owner", "grant", "revoke", "comment", "label", "columns", NULL
	};

	return prop_same_but(from, to, attached);
}

static void
change_attributes(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	char	   *alter = psprintf("ALTER TYPE %s", to->unit->identity);

	for (int i = 1; i < from->unit->rows; i++)
	{
		const DependNode *part = from + 2 * i;

		if (depend_is(part, "attribute") && !part->pair)
			plan_add(plan, PLAN_MAKE, to, "%s DROP ATTRIBUTE %s", alter, part->row->name);
	}
	for (int i = 1; i < to->unit->rows; i++)
	{
		const DependNode *part = to + 2 * i;

		if (!depend_is(part, "attribute"))
			continue;
		if (!part->pair)
			plan_add(plan, PLAN_MAKE, to, "%s ADD ATTRIBUTE %s", alter, attribute_text(part));
		else if (strcmp(attribute_text(part), attribute_text(part->pair)) != 0)
			plan_add(plan, PLAN_MAKE, to, "%s ALTER ATTRIBUTE %s TYPE %s%s%s", alter, part->row->name,
					 prop_get(part->row->definition, "type"),
					 prop_has(part->row->definition, "collation") ? " COLLATE " : "",
					 prop_has(part->row->definition, "collation") ?
					 prop_get(part->row->definition, "collation") : "");
	}
	write_attribute_comments(plan, to);
}

/*
 * Writes how a type that is there changes.
 */
void
type_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;

	if (prop_has(new, "enum") && prop_has(old, "enum"))
		add_labels(plan, from, to);
	else if (!type_is_changeable(old, new))
	{
		plan_skip(plan, to, "a type of this kind cannot be changed: make a new one, and change the columns over");
		return;
	}
	else if (prop_has(new, "composite"))
		change_attributes(plan, from, to);
	attached_write_unit(plan, PLAN_MAKE, to, old);
}

/*
 * Writes that a type gives its name to another, and goes in the end.
 */
void
type_replace(SchemaPlan *plan, const DependNode *from)
{
	int			schema = snapshot_schema_length(from->unit);
	const char *name = from->unit->identity + schema + 1;
	bool		quoted = *name == '"';
	char	   *old = psprintf("%.*s__old%s", (int) strlen(name) - (quoted ? 1 : 0), name,
							   quoted ? "\"" : "");

	plan_add(plan, PLAN_DROP_FIRST, from, "ALTER TYPE %s RENAME TO %s", from->unit->identity, old)->note =
		"columns change over to a new type of that name";
	plan_add(plan, PLAN_DROP_LAST, from, "DROP TYPE %.*s.%s", schema, from->unit->identity, old);
	plan_warn(plan, "type %s is replaced by a new one: all tables with a column of it are rewritten under a lock that keeps out readers and writers, and a value that it has no longer makes it fail",
			  from->unit->identity);
}

/*
 * Writes a new domain; its constraints follow.
 */
void
domain_make(SchemaPlan *plan, const DependNode *to)
{
	const char *definition = to->row->definition;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "CREATE DOMAIN %s AS %s", to->unit->identity,
					 prop_get(definition, "type"));
	if (prop_has(definition, "collation"))
		appendStringInfo(&text, " COLLATE %s", prop_get(definition, "collation"));
	if (prop_has(definition, "default"))
		appendStringInfo(&text, " DEFAULT %s", prop_get(definition, "default"));
	if (prop_has(definition, "not null"))
		appendStringInfoString(&text, " NOT NULL");
	plan_add(plan, PLAN_MAKE, to, "%s", text.data);
	attached_write_unit(plan, PLAN_MAKE, to, "");
}

/*
 * Writes how a domain that is there changes, but for its constraints.
 */
void
domain_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;
	char	   *alter = psprintf("ALTER DOMAIN %s", to->unit->identity);

	if (!prop_same(old, new, "type") || !prop_same(old, new, "collation"))
	{
		plan_skip(plan, to, "the type of a domain cannot be changed: make a new one, and change the columns over");
		return;
	}
	if (!prop_same(old, new, "default"))
	{
		if (prop_has(new, "default"))
			plan_add(plan, PLAN_MAKE, to, "%s SET DEFAULT %s", alter, prop_get(new, "default"));
		else
			plan_add(plan, PLAN_MAKE, to, "%s DROP DEFAULT", alter);
	}
	if (prop_has(old, "not null") != prop_has(new, "not null"))
		plan_add(plan, PLAN_MAKE, to, "%s %s NOT NULL", alter,
				 prop_has(new, "not null") ? "SET" : "DROP");
	attached_write_unit(plan, PLAN_MAKE, to, old);
}
