/*
 * facts.h
 *	  What is known of the database besides its schema.
 */
#ifndef NEON_MIGRATE_GENERATE_FACTS_H
#define NEON_MIGRATE_GENERATE_FACTS_H

#include "generate/plan.h"

/* a table with more rows than that is large */
#define FACTS_LARGE 100000

extern bool facts_is_empty(const SchemaPlan *plan, const DependNode *unit);
extern bool facts_is_large(const SchemaPlan *plan, const DependNode *unit);
extern char *facts_rows(const SchemaPlan *plan, const DependNode *unit);
extern bool facts_is_volatile(const char *expression);
extern const char *facts_default_storage(const char *type);
extern int	facts_schema_length(const char *identity);

#endif							/* NEON_MIGRATE_GENERATE_FACTS_H */
