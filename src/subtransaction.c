/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *	  A subtransaction around a piece of C code.
 *
 * To be used with PG_TRY: begin before it, commit or rollback as its last
 * step, and subtransaction_catch() as the first step of PG_CATCH.  Without the
 * latter an error would leave the session in the aborted subtransaction.
 * Memory context and resource owner come back as they were.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "subtransaction.h"

void
subtransaction_begin(Subtransaction *sub)
{
	sub->context = CurrentMemoryContext;
	sub->owner = CurrentResourceOwner;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(sub->context);
}

void
subtransaction_commit(const Subtransaction *sub)
{
	ReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(sub->context);
	CurrentResourceOwner = sub->owner;
}

void
subtransaction_rollback(const Subtransaction *sub)
{
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(sub->context);
	CurrentResourceOwner = sub->owner;
}

/*
 * Takes the current error, rolls back what it interrupted, and returns it.
 */
ErrorData *
subtransaction_catch(const Subtransaction *sub)
{
	ErrorData  *error;

	MemoryContextSwitchTo(sub->context);
	error = CopyErrorData();
	FlushErrorState();
	subtransaction_rollback(sub);
	return error;
}
