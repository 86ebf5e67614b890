/*
 * diff.h
 *	  Writes the statements that make one schema into another.
 */
#ifndef NEON_MIGRATE_GENERATE_DIFF_H
#define NEON_MIGRATE_GENERATE_DIFF_H

#include "generate/plan.h"

extern SchemaPlan *diff_write(DependGraph *from, DependGraph *to, const SchemaPlan *up,
							  bool all_owners);

#endif							/* NEON_MIGRATE_GENERATE_DIFF_H */
