/*-------------------------------------------------------------------------
 *
 * guard_statement.c
 *	  The text of the statement that is running, as far as it may be kept.
 *
 * Of what the client sent, the one statement that runs now is cut out: the
 * active portal knows where it is.  If that one runs another, as a function or
 * a DO block does, utility.c knows the inner one.
 *
 * What is returned is without secrets and of bounded length.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "parser/scansup.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/portal.h"

#include "guard_statement.h"
#include "redact.h"
#include "utility.h"

/* No more of a statement is kept, in bytes. */
#define STATEMENT_MAX 65536

/*
 * Is everything between quotes in this statement, as a rule, a secret?
 */
static bool
holds_secrets(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_CreateUserMappingStmt:
		case T_AlterUserMappingStmt:
		case T_CreateForeignServerStmt:
		case T_AlterForeignServerStmt:
		case T_CreateSubscriptionStmt:
		case T_AlterSubscriptionStmt:
			return true;
		default:
			return false;
	}
}

/*
 * Returns the part of "text" that is the statement, as it may be kept.
 */
static char *
keep(const char *text, int location, int length, Node *stmt)
{
	char	   *kept;
	int			clipped;

	if (location > 0)
		text += location;
	if (length <= 0)
		length = strlen(text);
	while (length > 0 && scanner_isspace(text[0]))
		text++, length--;
	while (length > 0 && (scanner_isspace(text[length - 1]) || text[length - 1] == ';'))
		length--;

	clipped = length <= STATEMENT_MAX ? length : pg_mbcliplen(text, length, STATEMENT_MAX);
	kept = pnstrdup(text, clipped);
	kept = holds_secrets(stmt) ? redact_literals(kept) : redact_secrets(kept);
	return clipped == length ? kept :
		psprintf("%s ... (%d bytes in all)", kept, length);
}

/*
 * Returns the client's statement that is running, or NULL if that is not known.
 * "stmt" is the DDL statement that is it, or is run by it.
 */
char *
guard_statement_text(Node *stmt)
{
	PlannedStmt *plan;

	if (debug_query_string == NULL)
		return NULL;

	/* not the portal of the client: a cursor in a function, say */
	if (ActivePortal == NULL || ActivePortal->sourceText == NULL ||
		strcmp(ActivePortal->sourceText, debug_query_string) != 0 ||
		ActivePortal->stmts == NIL)
		return keep(debug_query_string, 0, 0, stmt);
	plan = linitial_node(PlannedStmt, ActivePortal->stmts);
	return keep(debug_query_string, plan->stmt_location, plan->stmt_len, stmt);
}

/*
 * Returns the DDL statement "stmt" if it is not the client's own but run by it,
 * or NULL.
 */
char *
guard_statement_inner_text(Node *stmt)
{
	const InnerStatement *inner = utility_inner_statement();

	return inner->text ? keep(inner->text, inner->location, inner->length, stmt) : NULL;
}
