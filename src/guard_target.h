/*
 * guard_target.h
 *	  Which objects a statement is about, before it runs.
 */
#ifndef NEON_MIGRATE_GUARD_TARGET_H
#define NEON_MIGRATE_GUARD_TARGET_H

#include "nodes/nodes.h"

extern bool guard_may_be_harmless(Node *stmt);

#endif							/* NEON_MIGRATE_GUARD_TARGET_H */
