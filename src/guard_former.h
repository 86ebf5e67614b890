/*
 * guard_former.h
 *	  The name that a renamed object had before.
 */
#ifndef NEON_MIGRATE_GUARD_FORMER_H
#define NEON_MIGRATE_GUARD_FORMER_H

#include "nodes/pg_list.h"
#include "tcop/deparse_utility.h"

extern char *guard_former_identity(const CollectedCommand *command, const char *identity,
								   const List *names);

#endif							/* NEON_MIGRATE_GUARD_FORMER_H */
