/*
 * statement.h
 *	  Notes what a statement is about to change.
 */
#ifndef NEON_MIGRATE_DRIFT_STATEMENT_H
#define NEON_MIGRATE_DRIFT_STATEMENT_H

#include "nodes/nodes.h"

extern void statement_see_utility(Node *stmt);

#endif							/* NEON_MIGRATE_DRIFT_STATEMENT_H */
