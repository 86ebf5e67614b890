/*
 * guard_statement.h
 *	  The text of the statement that is running.
 */
#ifndef NEON_MIGRATE_GUARD_STATEMENT_H
#define NEON_MIGRATE_GUARD_STATEMENT_H

#include "nodes/nodes.h"

extern char *guard_statement_text(Node *stmt);
extern char *guard_statement_inner_text(Node *stmt);

#endif							/* NEON_MIGRATE_GUARD_STATEMENT_H */
