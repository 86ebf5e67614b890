/*
 * compare.h
 *	  Differences between two descriptions of an object, in words.
 */
#ifndef NEON_MIGRATE_DRIFT_COMPARE_H
#define NEON_MIGRATE_DRIFT_COMPARE_H

#include "snapshot/snapshot.h"

typedef bool (*PropertyFilter) (const char *property);

extern bool compare_definitions(const char *expected, const char *actual,
								PropertyFilter is_ignored, char **expected_words,
								char **actual_words);
extern char *definition_words(const char *definition, PropertyFilter is_ignored);

#endif							/* NEON_MIGRATE_DRIFT_COMPARE_H */
