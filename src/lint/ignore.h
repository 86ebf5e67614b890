/*
 * ignore.h
 *	  Which findings are not to be reported.
 */
#ifndef NEON_MIGRATE_LINT_IGNORE_H
#define NEON_MIGRATE_LINT_IGNORE_H

#include "lint/lint.h"

typedef struct LintIgnore LintIgnore;

extern void ignore_read_setting(Lint *lint);
extern void ignore_read_script(Lint *lint);
extern bool ignore_has(const LintIgnore *ignore, LintRule rule, int statement);

#endif							/* NEON_MIGRATE_LINT_IGNORE_H */
