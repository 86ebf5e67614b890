/*
 * attached.h
 *	  Owners, grants, comments and security labels.
 */
#ifndef NEON_MIGRATE_GENERATE_ATTACHED_H
#define NEON_MIGRATE_GENERATE_ATTACHED_H

#include "generate/plan.h"

extern void attached_write_unit(SchemaPlan *plan, PlanPhase phase, const DependNode *node,
								const char *from);
extern void attached_write_column(SchemaPlan *plan, const DependNode *unit, const DependNode *column,
								  const char *from);
extern void attached_write_part(SchemaPlan *plan, const DependNode *part, const char *from);
extern void attached_write_default_privileges(SchemaPlan *plan, PlanPhase phase,
											 const DependNode *node, const char *from,
											 const char *to);
extern char *attached_word(const char *kind);
extern char *attached_identity(const SchemaUnit *unit);

#endif							/* NEON_MIGRATE_GENERATE_ATTACHED_H */
