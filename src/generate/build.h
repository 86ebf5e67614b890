/*
 * build.h
 *	  The desired schema, as its SQL makes it.
 */
#ifndef NEON_MIGRATE_GENERATE_BUILD_H
#define NEON_MIGRATE_GENERATE_BUILD_H

#include "generate/depend.h"
#include "generate/desired.h"

extern DependGraph *build_desired(Desired *desired, Oid own_schema, const SchemaSnapshot *live,
								  List **warnings);
extern SchemaSnapshot *build_take(Oid own_schema, List *aside);

#endif							/* NEON_MIGRATE_GENERATE_BUILD_H */
