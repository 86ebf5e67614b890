/*
 * scope.h
 *	  Which objects take part, and what is not said of them.
 */
#ifndef NEON_MIGRATE_GENERATE_SCOPE_H
#define NEON_MIGRATE_GENERATE_SCOPE_H

#include "generate/depend.h"
#include "generate/desired.h"

extern char *scope_schema_of(const SchemaUnit *unit);
extern bool scope_has(const List *schemas, const SchemaUnit *unit);
extern void scope_mark(DependGraph *graph, const Desired *said);
extern void scope_keep_unsaid(SchemaSnapshot *desired, const SchemaSnapshot *live,
							  const Desired *said);

#endif							/* NEON_MIGRATE_GENERATE_SCOPE_H */
