/*
 * present.h
 *	  Statements about what is in no schema, and there already.
 */
#ifndef NEON_MIGRATE_GENERATE_PRESENT_H
#define NEON_MIGRATE_GENERATE_PRESENT_H

#include "nodes/nodes.h"

extern char *present_object(Node *stmt);

#endif							/* NEON_MIGRATE_GENERATE_PRESENT_H */
