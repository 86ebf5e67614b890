/*
 * subtransaction.h
 *	  A subtransaction around a piece of C code.
 */
#ifndef NEON_MIGRATE_SUBTRANSACTION_H
#define NEON_MIGRATE_SUBTRANSACTION_H

#include "utils/palloc.h"
#include "utils/resowner.h"

typedef struct Subtransaction
{
	MemoryContext context;
	ResourceOwner owner;
} Subtransaction;

extern void subtransaction_begin(Subtransaction *sub);
extern void subtransaction_commit(const Subtransaction *sub);
extern void subtransaction_rollback(const Subtransaction *sub);
extern ErrorData *subtransaction_catch(const Subtransaction *sub);

#endif							/* NEON_MIGRATE_SUBTRANSACTION_H */
