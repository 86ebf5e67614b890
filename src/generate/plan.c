/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  The statements that make one schema into another, and their order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generate/plan.h"
#include "generate/property.h"

static char *format_text(const char *format, va_list args, int *needed) compat_printf(1, 0);

static char *
format_text(const char *format, va_list args, int *needed)
{
	StringInfoData text;

	initStringInfo(&text);
	if (*needed > 0)
		enlargeStringInfo(&text, *needed);
	*needed = appendStringInfoVA(&text, format, args);
	return text.data;
}

/*
 * Adds a statement about a node; without a semicolon at its end.
 */
PlanStatement *
plan_add(SchemaPlan *plan, PlanPhase phase, const DependNode *node, const char *format,...)
{
	PlanStatement *statement = palloc0(sizeof(PlanStatement));
	int			needed = 0;

	statement->phase = phase;
	statement->order = node->order;
	statement->number = list_length(plan->statements);
	do
	{
		va_list		args;

		va_start(args, format);
		statement->text = format_text(format, args, &needed);
		va_end(args);
	} while (needed > 0);
	plan->statements = lappend(plan->statements, statement);
	return statement;
}

static void
add_warning(SchemaPlan *plan, char *text)
{
	ListCell   *cell;

	if (plan->is_down)
		text = psprintf("down: %s", text);
	foreach(cell, plan->warnings)
		if (strcmp(lfirst(cell), text) == 0)
			return;
	plan->warnings = lappend(plan->warnings, text);
}

/*
 * Adds a warning, once.
 */
void
plan_warn(SchemaPlan *plan, const char *format,...)
{
	char	   *text;
	int			needed = 0;

	do
	{
		va_list		args;

		va_start(args, format);
		text = format_text(format, args, &needed);
		va_end(args);
	} while (needed > 0);
	add_warning(plan, text);
}

/*
 * The same for what is of interest on the way there only: what it costs.
 */
void
plan_warn_up(SchemaPlan *plan, const char *format,...)
{
	char	   *text;
	int			needed = 0;

	if (plan->is_down)
		return;
	do
	{
		va_list		args;

		va_start(args, format);
		text = format_text(format, args, &needed);
		va_end(args);
	} while (needed > 0);
	add_warning(plan, text);
}

/*
 * Says that a difference could not be written as SQL.
 */
void
plan_skip(SchemaPlan *plan, const DependNode *node, const char *why)
{
	char	   *text = psprintf("%s %s is left as it is: %s", node->row->kind,
								snapshot_row_identity(node->unit, node->row), why);

	/* once for the way there and back */
	if (plan->is_down && prop_list_has(plan->skipped, node->unit->identity))
		return;
	plan_warn(plan, "%s", text);
	plan->left = lappend(plan->left, text);
	plan->skipped = lappend(plan->skipped, pstrdup(node->unit->identity));
}

static int
compare_statements(const ListCell *a, const ListCell *b)
{
	const PlanStatement *x = lfirst(a);
	const PlanStatement *y = lfirst(b);
	bool		drops = x->phase == PLAN_DROP_FIRST || x->phase == PLAN_DROP_LAST;

	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	if (x->order != y->order)
		return (x->order < y->order) != drops ? -1 : 1;
	return x->number - y->number;
}

void
plan_sort(SchemaPlan *plan)
{
	list_sort(plan->statements, compare_statements);
}

/*
 * Adds a text as a comment of one line, whatever names are in it.
 */
static void
append_comment(StringInfo text, const char *comment)
{
	appendStringInfoString(text, "-- ");
	for (; *comment; comment++)
		appendStringInfoChar(text, *comment == '\n' || *comment == '\r' ? ' ' : *comment);
	appendStringInfoChar(text, '\n');
}

/*
 * Returns the statements as a script, after comments on the differences that
 * there are no statements for.  For the proof, statements about roles are left
 * out.
 */
char *
plan_text(const SchemaPlan *plan, bool for_proof)
{
	StringInfoData text;
	const char *note = "";
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, plan->left)
		append_comment(&text, lfirst(cell));
	foreach(cell, plan->statements)
	{
		const PlanStatement *statement = lfirst(cell);

		if (for_proof && statement->topic != PLAN_OBJECT)
			continue;
		/* once for several in a row */
		if (statement->note && strcmp(statement->note, note) != 0)
			append_comment(&text, statement->note);
		note = statement->note ? statement->note : "";
		appendStringInfo(&text, "%s;\n", statement->text);
	}
	return text.data;
}
