/*
 * toplevel.h
 *	  A procedure that ends and begins transactions of its own.
 */
#ifndef NEON_MIGRATE_TOPLEVEL_H
#define NEON_MIGRATE_TOPLEVEL_H

#include "fmgr.h"
#include "nodes/plannodes.h"

#include "script.h"

typedef struct TopLevel
{
	MemoryContext context;		/* lives as long as the CALL */
	const char *procedure;		/* its name, for messages */
} TopLevel;

extern TopLevel *toplevel_begin(FunctionCallInfo fcinfo, const char *procedure);
extern void toplevel_work_begin(void);
extern void toplevel_work_commit(TopLevel *top);
extern void toplevel_commit(TopLevel *top);
extern ErrorData *toplevel_catch(TopLevel *top);
extern void toplevel_run_utility(const char *text, RawStmt *raw);

#endif							/* NEON_MIGRATE_TOPLEVEL_H */
