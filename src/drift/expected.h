/*
 * expected.h
 *	  The schema as migrations left it, in a table.
 */
#ifndef NEON_MIGRATE_DRIFT_EXPECTED_H
#define NEON_MIGRATE_DRIFT_EXPECTED_H

#include "ledger_access.h"
#include "snapshot/snapshot.h"
#include "utils/array.h"

/*
 * How the expected schema came about.
 */
typedef struct ExpectedState
{
	bool		known;			/* there is one */
	int			format;			/* SNAPSHOT_FORMAT then */
	int			major;			/* of the server */
	char	   *untracked;		/* what changed it without being tracked, or "" */
} ExpectedState;

typedef void (*ExpectedVisitor) (const char *kind, const char *identity, ArrayType *contents,
								 void *arg);

extern ExpectedState *expected_state(const Ledger *ledger, Snapshot snapshot);
extern void expected_put_state(const Ledger *ledger, const char *untracked);
extern bool expected_is_current(const ExpectedState *state);
extern SchemaUnit *expected_lookup(const Ledger *ledger, const char *kind, const char *identity);
extern void expected_put(const Ledger *ledger, const SchemaUnit *unit);
extern void expected_delete(const Ledger *ledger, const char *kind, const char *identity);
extern void expected_visit(const Ledger *ledger, Snapshot snapshot, ExpectedVisitor visitor,
						   void *arg);
extern void expected_take_over(const Ledger *ledger, const SchemaSnapshot *snapshot);
extern ArrayType *expected_contents(const SchemaUnit *unit);
extern SchemaUnit *expected_unit(const char *kind, const char *identity, ArrayType *contents);

#endif							/* NEON_MIGRATE_DRIFT_EXPECTED_H */
