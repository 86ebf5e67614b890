/*-------------------------------------------------------------------------
 *
 * toplevel.c
 *	  A procedure that ends and begins transactions of its own.
 *
 * A procedure called directly by the client may commit.  What it runs then is
 * as much at the top level as what the client sends, so a statement that
 * refuses a transaction block can be handed to ProcessUtility() right here,
 * without another backend.  That holds only if nothing else is on the stack
 * that would not survive the commit, which toplevel_begin() makes sure of.
 *
 * Between transactions there is no snapshot and no transaction id, so nobody
 * waits for us while we wait.
 *
 * This leans on the same behaviour of the server as SPI_commit() and VACUUM:
 * the portal that runs a CALL tolerates that its transaction ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "parser/analyze.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "session.h"
#include "toplevel.h"

/*
 * Is the function being run the procedure of a CALL that the client sent as a
 * statement of its own, outside of a transaction block?
 */
static bool
is_toplevel_call(FunctionCallInfo fcinfo)
{
	PlannedStmt *plan;

	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		((CallContext *) fcinfo->context)->atomic)
		return false;
	if (ActivePortal == NULL || list_length(ActivePortal->stmts) != 1)
		return false;
	plan = linitial_node(PlannedStmt, ActivePortal->stmts);
	return plan->utilityStmt != NULL && IsA(plan->utilityStmt, CallStmt) &&
		((CallStmt *) plan->utilityStmt)->funcexpr->funcid == fcinfo->flinfo->fn_oid;
}

/*
 * Checks that the procedure may end transactions, and returns what it needs
 * for that.  Raises 25001 if not.
 */
TopLevel *
toplevel_begin(FunctionCallInfo fcinfo, const char *procedure)
{
	TopLevel   *top;

	session_check_may_migrate(procedure);
	if (!is_toplevel_call(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("CALL %s() must be a statement of its own", procedure),
				 errdetail("It ends and begins transactions, so it cannot run in a transaction block, beside another statement in one message, or from a function, a procedure or DO."),
				 errhint("Send only the CALL, outside of BEGIN, with autocommit on.")));

	top = MemoryContextAllocZero(PortalContext, sizeof(TopLevel));
	top->context = AllocSetContextCreate(PortalContext, "neon_migrate procedure",
										 ALLOCSET_DEFAULT_SIZES);
	top->procedure = procedure;
	return top;
}

/*
 * Commits and begins the next transaction, with no snapshot yet.
 */
void
toplevel_commit(TopLevel *top)
{
	HoldPinnedPortals();
	ForgetPortalSnapshots();
	CommitTransactionCommand();
	StartTransactionCommand();
	MemoryContextSwitchTo(top->context);
}

/*
 * Begins work in the current transaction: it gets a snapshot.
 */
void
toplevel_work_begin(void)
{
	PushActiveSnapshot(GetTransactionSnapshot());
}

/*
 * Commits that work.
 */
void
toplevel_work_commit(TopLevel *top)
{
	PopActiveSnapshot();
	toplevel_commit(top);
}

/*
 * For use in PG_CATCH: takes the error, aborts the transaction and begins the
 * next.
 */
ErrorData *
toplevel_catch(TopLevel *top)
{
	ErrorData  *error;

	MemoryContextSwitchTo(top->context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	/* the abort popped it; left there, it would hide the real error */
	ActivePortal->portalSnapshot = NULL;
	StartTransactionCommand();
	MemoryContextSwitchTo(top->context);
	return error;
}

/*
 * Runs a utility statement as if the client had sent it.  There must be no
 * active snapshot; afterwards there is none again, and a transaction.
 */
void
toplevel_run_utility(const char *text, RawStmt *raw)
{
	List	   *plans = pg_analyze_and_rewrite_fixedparams(raw, text, NULL, 0, NULL);
	const char *portal_text = ActivePortal->sourceText;
	PlannedStmt *plan;
	QueryCompletion completion;

	plans = pg_plan_queries(plans, text, CURSOR_OPT_PARALLEL_OK, NULL);
	plan = linitial_node(PlannedStmt, plans);
	Assert(list_length(plans) == 1 && plan->utilityStmt != NULL);

	if (PlannedStmtRequiresSnapshot(plan))
		EnsurePortalSnapshotExists();
	InitializeQueryCompletion(&completion);
	PG_TRY();
	{
		/* where errors inside a function body are looked up */
		ActivePortal->sourceText = text;
		ProcessUtility(plan, text, false, PROCESS_UTILITY_TOPLEVEL, NULL, NULL,
					   None_Receiver, &completion);
	}
	PG_FINALLY();
	{
		ActivePortal->sourceText = portal_text;
	}
	PG_END_TRY();
	if (ActivePortal->portalSnapshot != NULL && ActiveSnapshotSet())
	{
		ActivePortal->portalSnapshot = NULL;
		PopActiveSnapshot();
	}
}
