/*
 * statement_kind.h
 *	  What a parse tree says about how its statement must be run.
 */
#ifndef NEON_MIGRATE_STATEMENT_KIND_H
#define NEON_MIGRATE_STATEMENT_KIND_H

#include "nodes/nodes.h"

extern const char *statement_nontransactional_kind(Node *stmt);

#endif							/* NEON_MIGRATE_STATEMENT_KIND_H */
