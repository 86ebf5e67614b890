/*
 * step_events.h
 *	  What the ledger gets to know of a migration that a procedure runs.
 */
#ifndef NEON_MIGRATE_STEP_EVENTS_H
#define NEON_MIGRATE_STEP_EVENTS_H

#include "job.h"
#include "steps.h"

extern const char *step_direction(const Job *job);
extern void step_add_stats(Job *job, const RunStats *stats);
extern void step_append(Job *job, const char *action, const Step *step,
						const RunStats *stats, const char *detail, const char *error);
extern void step_append_settled(Job *job);
extern void step_record_failure(Job *job, const Step *step, const ErrorData *error);

#endif							/* NEON_MIGRATE_STEP_EVENTS_H */
