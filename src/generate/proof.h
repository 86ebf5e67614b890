/*
 * proof.h
 *	  Tries the SQL before it is handed out.
 */
#ifndef NEON_MIGRATE_GENERATE_PROOF_H
#define NEON_MIGRATE_GENERATE_PROOF_H

#include "generate/plan.h"

extern List *proof_run(Oid own_schema, List *schemas, DependGraph *live, DependGraph *desired,
					   const SchemaPlan *up, const SchemaPlan *down);

#endif							/* NEON_MIGRATE_GENERATE_PROOF_H */
