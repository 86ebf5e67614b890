/*
 * fate.h
 *	  What becomes of each object that is there.
 */
#ifndef NEON_MIGRATE_GENERATE_FATE_H
#define NEON_MIGRATE_GENERATE_FATE_H

#include "generate/plan.h"

extern bool fate_warn_outside(SchemaPlan *plan, const DependNode *need, const DependNode *node);
extern DependNode *fate_column_of_sequence(const SchemaPlan *plan, const DependNode *sequence,
										   DependNode **table);
extern void fate_decide(SchemaPlan *plan);

#endif							/* NEON_MIGRATE_GENERATE_FATE_H */
