/*-------------------------------------------------------------------------
 *
 * write_routine.c
 *	  Functions, procedures and aggregates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "generate/attached.h"
#include "generate/property.h"
#include "generate/write.h"

/*
 * Returns the name in "s.f(integer)".
 */
static char *
name_of(const char *identity)
{
	const char *p = identity;
	bool		quoted = false;

	for (; *p && (quoted || *p != '('); p++)
		if (*p == '"')
			quoted = !quoted;
	return pnstrdup(identity, p - identity);
}

/*
 * Returns the text between dollar quotes that do not occur in it.
 */
static char *
dollar_quoted(const char *text)
{
	char	   *tag = pstrdup("$$");

	for (int i = 0; strstr(text, tag) || (*text && text[strlen(text) - 1] == '$'); i++)
	{
		tag = i == 0 ? pstrdup("$function$") : psprintf("$function%d$", i);
		if (strstr(text, tag) == NULL && !(*text && text[strlen(text) - 1] == '$' && i < 1))
			break;
	}
	return psprintf("%s%s%s", tag, text, tag);
}

/*
 * Writes SET clauses as the server itself prints them: lists that were quoted
 * when they were stored are quoted again, name by name.
 */
static void
append_settings(StringInfo text, const char *definition)
{
	ListCell   *cell;

	foreach(cell, prop_all(definition, "set"))
	{
		char	   *name = pstrdup(lfirst(cell));
		char	   *value = strchr(name, '=');
		List	   *names;

		if (value == NULL)
			continue;
		*value++ = '\0';
		appendStringInfo(text, "\n SET %s TO ", quote_identifier(name));
		if ((GetConfigOptionFlags(name, true) & GUC_LIST_QUOTE) &&
			SplitGUCList(pstrdup(value), ',', &names))
		{
			ListCell   *one;

			if (names == NIL)
				appendStringInfoString(text, "''");
			foreach(one, names)
				appendStringInfo(text, "%s%s", one == list_head(names) ? "" : ", ",
								 quote_literal_cstr(lfirst(one)));
		}
		else
			appendStringInfoString(text, quote_literal_cstr(value));
	}
}

static void
append_planning(StringInfo text, const char *definition, bool is_procedure)
{
	char	   *volatility = prop_get(definition, "volatility");
	ListCell   *cell;

	foreach(cell, prop_all(definition, "transform"))
		appendStringInfo(text, "%s FOR TYPE %s", cell == list_head(prop_all(definition, "transform")) ?
						 "\n TRANSFORM" : ",", (char *) lfirst(cell) + strlen("for type "));
	if (prop_has(definition, "window"))
		appendStringInfoString(text, "\n WINDOW");
	if (!is_procedure && volatility && strcmp(volatility, "volatile") != 0)
		appendStringInfo(text, "\n %s", attached_word(volatility));
	if (prop_has(definition, "parallel"))
		appendStringInfo(text, "\n PARALLEL %s", attached_word(prop_get(definition, "parallel")));
	if (prop_has(definition, "strict"))
		appendStringInfoString(text, "\n STRICT");
	if (prop_has(definition, "security definer"))
		appendStringInfoString(text, "\n SECURITY DEFINER");
	if (prop_has(definition, "leakproof"))
		appendStringInfoString(text, "\n LEAKPROOF");
	if (prop_has(definition, "cost"))
		appendStringInfo(text, "\n COST %s", prop_get(definition, "cost"));
	if (prop_has(definition, "rows"))
		appendStringInfo(text, "\n ROWS %s", prop_get(definition, "rows"));
	if (prop_has(definition, "support"))
		appendStringInfo(text, "\n SUPPORT %s", name_of(prop_get(definition, "support")));
}

static void
append_body(StringInfo text, const char *definition)
{
	if (prop_has(definition, "library"))
		appendStringInfo(text, "\n AS %s, %s", quote_literal_cstr(prop_get(definition, "library")),
						 quote_literal_cstr(prop_get(definition, "symbol")));
	else if (prop_has(definition, "symbol"))
		appendStringInfo(text, "\n AS %s", quote_literal_cstr(prop_get(definition, "symbol")));
	else if (prop_has(definition, "body"))
		appendStringInfo(text, "\n%s", prop_get(definition, "body"));
	else
		appendStringInfo(text, "\n AS %s", dollar_quoted(prop_get(definition, "source")));
}

static void
function_make(SchemaPlan *plan, const DependNode *to)
{
	const char *definition = to->row->definition;
	bool		is_procedure = strcmp(to->unit->kind, "procedure") == 0;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "CREATE OR REPLACE %s %s%s", attached_word(to->unit->kind),
					 name_of(to->unit->identity), prop_get(definition, "arguments"));
	if (!is_procedure && prop_has(definition, "returns"))
		appendStringInfo(&text, "\n RETURNS %s", prop_get(definition, "returns"));
	appendStringInfo(&text, "\n LANGUAGE %s", prop_get(definition, "language"));
	append_planning(&text, definition, is_procedure);
	append_settings(&text, definition);
	append_body(&text, definition);
	plan_add(plan, PLAN_MAKE, to, "%s", text.data);
}

/*
 * Splits "s.type, space 0" and "extra r, moving r".
 */
static char *
before_comma(const char *text, const char *word, char **after)
{
	char	   *copy = pstrdup(text);
	char	   *found = strstr(copy, word);

	*after = found ? found + strlen(word) : pstrdup("");
	if (found)
		*found = '\0';
	return copy;
}

/*
 * Writes how a final function is called: "extra r".
 */
static void
append_final(StringInfo text, const char *words, const char *prefix)
{
	bool		extra = strncmp(words, "extra ", 6) == 0;
	char		modify = words[strlen(words) - 1];

	if (extra)
		appendStringInfo(text, ", %sFINALFUNC_EXTRA", prefix);
	appendStringInfo(text, ", %sFINALFUNC_MODIFY = %s", prefix,
					 modify == 'r' ? "READ_ONLY" : modify == 's' ? "SHAREABLE" : "READ_WRITE");
}

static void
aggregate_make(SchemaPlan *plan, const DependNode *to)
{
	static const char *const clauses[][2] = {
		{"final function", "FINALFUNC"}, {"combine function", "COMBINEFUNC"},
		{"serial function", "SERIALFUNC"}, {"deserial function", "DESERIALFUNC"},
		{"initial", "INITCOND"}, {"moving transition function", "MSFUNC"},
		{"moving inverse function", "MINVFUNC"}, {"moving final function", "MFINALFUNC"},
		{"moving initial", "MINITCOND"}
	};
	const char *definition = to->row->definition;
	char	   *arguments = prop_get(definition, "arguments");
	StringInfoData text;
	char	   *rest;

	initStringInfo(&text);
	appendStringInfo(&text, "CREATE AGGREGATE %s%s (\n SFUNC = %s, STYPE = %s",
					 name_of(to->unit->identity),
					 strcmp(arguments, "()") == 0 ? "(*)" : arguments,
					 name_of(prop_get(definition, "transition function")),
					 before_comma(prop_get(definition, "state type"), ", space ", &rest));
	if (strcmp(rest, "0") != 0)
		appendStringInfo(&text, ", SSPACE = %s", rest);
	for (int i = 0; i < (int) lengthof(clauses); i++)
	{
		ListCell   *cell;

		foreach(cell, prop_all(definition, clauses[i][0]))
		{
			char	   *value = lfirst(cell);

			/* how it is called has the same first words */
			if (strstr(value, ", moving ") && strcmp(clauses[i][0], "final function") == 0)
				append_final(&text, before_comma(value, ", moving ", &rest), "");
			else
				appendStringInfo(&text, ", %s = %s", clauses[i][1],
								 *value == '\'' || *value == 'E' ? value : name_of(value));
		}
	}
	if (prop_has(definition, "moving state type"))
	{
		appendStringInfo(&text, ", MSTYPE = %s",
						 before_comma(prop_get(definition, "moving state type"), ", space ", &rest));
		if (strcmp(rest, "0") != 0)
			appendStringInfo(&text, ", MSSPACE = %s", rest);
		(void) before_comma(llast(prop_all(definition, "final function")), ", moving ", &rest);
		append_final(&text, rest, "M");
	}
	if (prop_has(definition, "sort operator"))
	{
		char	   *name = name_of(prop_get(definition, "sort operator"));

		appendStringInfo(&text, ", SORTOP = OPERATOR(%s%s)",
						 strchr(name, '.') ? "" : "pg_catalog.", name);
	}
	if (prop_has(definition, "parallel"))
		appendStringInfo(&text, ", PARALLEL = %s", attached_word(prop_get(definition, "parallel")));
	if (strncmp(prop_get(definition, "aggregate kind"), "h", 1) == 0)
		appendStringInfoString(&text, ", HYPOTHETICAL");
	plan_add(plan, PLAN_MAKE, to, "%s\n)", text.data);
}

/*
 * Writes a new function, or the change of one that is there.
 */
void
routine_make(SchemaPlan *plan, const DependNode *to)
{
	bool		is_aggregate = strcmp(to->unit->kind, "aggregate") == 0;
	bool		replaced = to->pair && to->pair->fate == FATE_STAYS;

	if (!is_aggregate &&
		!(replaced && type_is_changeable(to->pair->row->definition, to->row->definition)))
		function_make(plan, to);
	else if (is_aggregate && !replaced)
		aggregate_make(plan, to);
	attached_write_unit(plan, PLAN_MAKE, to, replaced ? to->pair->row->definition : "");
}

/*
 * Can CREATE OR REPLACE make the one into the other?
 */
bool
routine_is_replaceable(const DependNode *from, const DependNode *to)
{
	const char *old = from->row->definition;
	const char *new = to->row->definition;

	if (strcmp(to->unit->kind, "aggregate") == 0)
		return type_is_changeable(old, new);
	return prop_same(old, new, "arguments") && prop_same(old, new, "returns") &&
		prop_same(old, new, "window");
}
