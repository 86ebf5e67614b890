/*-------------------------------------------------------------------------
 *
 * utility.c
 *	  Where every utility statement passes.
 *
 * A look at a script does not see what functions and DO blocks run; a
 * ProcessUtility_hook does.  It shows each statement to session.c and to
 * drift/statement.c, and keeps in mind the innermost one that is not the client's own, whose text nobody else
 * knows.
 *
 * The hook comes with the library, so of a session's first statement that loads
 * it, it sees nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/plannodes.h"
#include "tcop/utility.h"

#include "drift/statement.h"
#include "session.h"
#include "utility.h"

static ProcessUtility_hook_type previous_utility = NULL;

static InnerStatement inner;

/*
 * Returns the innermost statement that is running and is not the client's own.
 */
const InnerStatement *
utility_inner_statement(void)
{
	return &inner;
}

static void
next_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree,
			 ProcessUtilityContext context, ParamListInfo params,
			 QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	if (previous_utility)
		previous_utility(pstmt, query, read_only_tree, context, params, environment,
						 dest, completion);
	else
		standard_ProcessUtility(pstmt, query, read_only_tree, context, params, environment,
								dest, completion);
}

static void
see_utility(PlannedStmt *pstmt, const char *query, bool read_only_tree,
			ProcessUtilityContext context, ParamListInfo params,
			QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	InnerStatement outer = inner;

	session_see_utility(pstmt->utilityStmt);
	statement_see_utility(pstmt->utilityStmt);
	if (context != PROCESS_UTILITY_QUERY && context != PROCESS_UTILITY_QUERY_NONATOMIC)
	{
		next_utility(pstmt, query, read_only_tree, context, params, environment,
					 dest, completion);
		return;
	}

	inner.text = query;
	inner.location = pstmt->stmt_location;
	inner.length = pstmt->stmt_len;
	PG_TRY();
	{
		next_utility(pstmt, query, read_only_tree, context, params, environment,
					 dest, completion);
	}
	PG_FINALLY();
	{
		inner = outer;
	}
	PG_END_TRY();
}

/*
 * Puts the hook in.  Called once, when the library is loaded.
 */
void
utility_init(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = see_utility;
}
