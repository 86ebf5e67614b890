/*
 * stepwise.h
 *	  Runs one migration from a procedure, in one transaction or step by step.
 */
#ifndef NEON_MIGRATE_STEPWISE_H
#define NEON_MIGRATE_STEPWISE_H

#include "job.h"

extern void stepwise_run(Job *job);

#endif							/* NEON_MIGRATE_STEPWISE_H */
