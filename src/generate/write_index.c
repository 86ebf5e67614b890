/*-------------------------------------------------------------------------
 *
 * write_index.c
 *	  Indexes, and what constraints have of them.
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
 * Returns the end of the word or quoted name at "p".
 */
static const char *
skip_token(const char *p)
{
	char		quote = *p;

	if (quote != '\'' && quote != '"')
		return p + 1;
	for (p++; *p && *p != quote; p++)
		;
	return *p ? p + 1 : p;
}

/*
 * Writes the operators of an exclusion constraint as SQL has them: a
 * description has "s.&&(type,type)", SQL takes "OPERATOR(s.&&)".
 */
static char *
with_operators(const char *keys)
{
	StringInfoData text;
	const char *p = keys;

	initStringInfo(&text);
	while (*p)
	{
		const char *next = skip_token(p);

		if (strncmp(p, " with ", 6) == 0)
		{
			const char *begin = p + 6;
			const char *end;
			int			depth = 0;

			for (end = begin; *end && *end != '('; end = skip_token(end))
				;
			appendStringInfo(&text, " WITH OPERATOR(%s%.*s)",
							 strchr(pnstrdup(begin, end - begin), '.') ? "" : "pg_catalog.",
							 (int) (end - begin), begin);
			for (p = end; *p; p = skip_token(p))
			{
				depth += (*p == '(') - (*p == ')');
				if (depth == 0)
					break;
			}
			if (*p)
				p++;
			continue;
		}
		appendBinaryStringInfo(&text, p, (int) (next - p));
		p = next;
	}
	return text.data;
}

/*
 * Returns the keys of a constraint without what only an index can say of them.
 */
char *
index_body(const char *definition, bool of_constraint)
{
	StringInfoData text;
	char	   *on = prop_get(definition, "on");
	char	   *keys = strchr(on, '(');
	char	   *options = options_list(prop_get(definition, "options"), "");
	bool		exclude = prop_has(definition, "exclude");
	bool		distinct = !prop_has(definition, "nulls not distinct");

	initStringInfo(&text);
	if (!of_constraint || exclude)
		appendStringInfo(&text, " USING %.*s", (int) (keys - on - 1), on);
	if (!distinct && of_constraint)
		appendStringInfoString(&text, " NULLS NOT DISTINCT");
	appendStringInfo(&text, " %s", exclude ? with_operators(keys) : keys);
	if (prop_has(definition, "primary key") || prop_has(definition, "unique"))
	{
		char	   *kind = prop_get(definition, prop_has(definition, "primary key") ?
									"primary key" : "unique");

		if (strcmp(kind, "without overlaps") == 0)
		{
			text.len--;
			appendStringInfoString(&text, " WITHOUT OVERLAPS)");
		}
	}
	if (prop_has(definition, "include"))
		appendStringInfo(&text, " INCLUDE %s", prop_get(definition, "include"));
	if (!distinct && !of_constraint)
		appendStringInfoString(&text, " NULLS NOT DISTINCT");
	if (*options)
		appendStringInfo(&text, " WITH (%s)", options);
	if (prop_has(definition, "tablespace"))
		appendStringInfo(&text, " %sTABLESPACE %s", of_constraint ? "USING INDEX " : "",
						 prop_get(definition, "tablespace"));
	if (prop_has(definition, "where"))
		appendStringInfo(&text, " WHERE %s", prop_in_parentheses(prop_get(definition, "where")));
	return text.data;
}

/*
 * Writes a new index.
 */
void
index_make(SchemaPlan *plan, const DependNode *index)
{
	const char *definition = index->row->definition;
	DependNode *table = depend_unit_of(plan->to, index);
	char	   *identity = snapshot_row_identity(index->unit, index->row);

	if (table->pair && facts_is_large(plan, table))
		plan_warn_up(plan, "building index %s on %s (%s) keeps out writers: in a migration of its own, which CALL migrate_run() runs, CREATE %sINDEX CONCURRENTLY lets them go on",
				  identity, index->unit->identity, facts_rows(plan, table),
				  prop_has(definition, "unique") ? "UNIQUE " : "");
	plan_add(plan, PLAN_MAKE, index, "CREATE %sINDEX %s ON %s%s",
			 prop_has(definition, "unique") ? "UNIQUE " : "", index->row->name,
			 index->unit->identity, index_body(definition, false));
	for (int i = 0; i < list_length(prop_all(definition, "statistics target")); i++)
	{
		int			target,
					key;

		if (sscanf(list_nth(prop_all(definition, "statistics target"), i), "%d of key %d",
				   &target, &key) == 2)
			plan_add(plan, PLAN_MAKE, index, "ALTER INDEX %s ALTER COLUMN %d SET STATISTICS %d",
					 identity, key, target);
	}
	if (prop_has(definition, "clustered"))
		plan_add(plan, PLAN_FINISH, index, "ALTER TABLE %s CLUSTER ON %s", index->unit->identity,
				 index->row->name);
	attached_write_part(plan, index, "");
}
