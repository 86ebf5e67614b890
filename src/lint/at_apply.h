/*
 * at_apply.h
 *	  Looks at a migration before it runs.
 */
#ifndef NEON_MIGRATE_LINT_AT_APPLY_H
#define NEON_MIGRATE_LINT_AT_APPLY_H

#include "script_data.h"

extern void lint_at_apply(const Script *script, bool by_procedure);

#endif							/* NEON_MIGRATE_LINT_AT_APPLY_H */
