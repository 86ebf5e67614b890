/*
 * dry_run_report.h
 *	  The rows that a dry run returns.
 */
#ifndef NEON_MIGRATE_DRY_RUN_REPORT_H
#define NEON_MIGRATE_DRY_RUN_REPORT_H

#include "nodes/execnodes.h"

#include "executor.h"
#include "lock_watch.h"
#include "snapshot/snapshot.h"

typedef struct DryRunReport
{
	ReturnSetInfo *result;
	bool		has_version;	/* in its rows */
	MemoryContext scratch;		/* reset after each row */
} DryRunReport;

extern void dry_run_report_statement(DryRunReport *report, const Script *script,
									 Position *position, const RawStmt *raw,
									 const RunStats *stats, List *locked, List *rewritten);
extern void dry_run_report_skipped(DryRunReport *report, const Script *script, int number,
								   int line, const char *command, const char *kind);
extern void dry_run_report_check(DryRunReport *report, const Script *script,
								 const SchemaSnapshot *before, const SchemaSnapshot *after,
								 const char *unknown);
extern void dry_run_report_failure(DryRunReport *report, const Script *script,
								   const ErrorData *error);

#endif							/* NEON_MIGRATE_DRY_RUN_REPORT_H */
