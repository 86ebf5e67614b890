/*-------------------------------------------------------------------------
 *
 * at_apply.c
 *	  Looks at a migration before it runs.
 *
 * Follows the setting neon_migrate.lint.  Only what is worth a warning is
 * looked for, so that nothing is looked up for the rest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "lint/at_apply.h"
#include "lint/lint.h"
#include "position.h"
#include "settings.h"

/*
 * Returns where a finding is, for a message.
 */
static char *
place_of(Position *place, const LintFinding *finding)
{
	int			line,
				column;

	if (finding->statement == 0)
		return pstrdup("in the settings");
	position_line_and_column(place, finding->offset, &line, &column);
	return psprintf("statement %d, line %d, column %d", finding->statement, line, column);
}

static void
warn(Position *place, const LintFinding *finding)
{
	ereport(WARNING,
			(errmsg("%s", finding->message),
			 errdetail("Rule %s, migration \"%s\", %s.", rule_name(finding->rule),
					   place->script->version, place_of(place, finding)),
			 finding->hint ? errhint("%s", finding->hint) : 0));
}

/*
 * Raises 55000 for the findings that are errors.
 */
static void
refuse(Position *place, const List *findings, int errors)
{
	const LintFinding *first = NULL;
	StringInfoData detail;
	ListCell   *cell;

	initStringInfo(&detail);
	foreach(cell, findings)
	{
		const LintFinding *finding = lfirst(cell);

		if (finding->severity < LINT_ERROR)
			continue;
		if (first == NULL)
			first = finding;
		appendStringInfo(&detail, "%sRule %s, %s: %s.", detail.len ? "\n" : "",
						 rule_name(finding->rule), place_of(place, finding), finding->message);
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg_plural("migration \"%s\" was not applied: lint found %d error",
						   "migration \"%s\" was not applied: lint found %d errors",
						   errors, place->script->version, errors),
			 errdetail_internal("%s", detail.data),
			 errhint("Change the migration; SELECT * FROM migrate_lint(up_sql) says how. If it is meant so, write -- neon_migrate: ignore %s before the statement, or SET neon_migrate.lint = 'warn'.",
					 rule_name(first->rule)),
			 position_errposition(place->script, first->offset)));
}

/*
 * A migration must not fail because of this; if it does, says how to do without.
 */
static void
looking_context(void *arg)
{
	(void) arg;
	errcontext("looking for what is dangerous, as neon_migrate.lint says");
	if (geterrcode() == ERRCODE_INTERNAL_ERROR)
		errhint("SET neon_migrate.lint = off, and run it again.");
}

/*
 * Looks at a parsed script that is about to be run, and raises what
 * neon_migrate.lint says.
 */
void
lint_at_apply(const Script *script, bool by_procedure)
{
	MemoryContext context,
				old_context;
	ErrorContextCallback callback = {.callback = looking_context};
	Position	place;
	Lint	   *lint;
	List	   *findings;
	ListCell   *cell;
	int			errors = 0;

	if (settings_lint == LINT_AT_APPLY_OFF)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate lint",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	lint = lint_begin(LINT_WARNING, by_procedure);
	lint->for_function = !by_procedure;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	lint_script(lint, script);
	findings = lint_end(lint);
	error_context_stack = callback.previous;

	foreach(cell, findings)
	{
		if (settings_lint == LINT_AT_APPLY_ERROR &&
			((LintFinding *) lfirst(cell))->severity == LINT_ERROR)
			errors++;
	}
	place = (Position) {.script = script};
	foreach(cell, findings)
	{
		if (errors == 0 || ((LintFinding *) lfirst(cell))->severity < LINT_ERROR)
			warn(&place, lfirst(cell));
	}
	if (errors > 0)
	{
		position_push(&place, script);
		refuse(&place, findings, errors);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}
