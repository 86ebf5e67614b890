/*
 * property.h
 *	  Reads single properties of a description.
 */
#ifndef NEON_MIGRATE_GENERATE_PROPERTY_H
#define NEON_MIGRATE_GENERATE_PROPERTY_H

#include "nodes/pg_list.h"

extern char *prop_get(const char *definition, const char *key);
extern bool prop_has(const char *definition, const char *key);
extern bool prop_same(const char *a, const char *b, const char *key);
extern List *prop_all(const char *definition, const char *key);
extern char *prop_without(const char *definition, const char *const *keys);
extern bool prop_same_but(const char *a, const char *b, const char *const *keys);
extern char *prop_in_parentheses(const char *expression);
extern List *prop_names(const char *list);
extern bool prop_list_has(List *words, const char *word);

#endif							/* NEON_MIGRATE_GENERATE_PROPERTY_H */
