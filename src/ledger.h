/*
 * ledger.h
 *	  The ledger of migrations: one append-only, hash-chained table of events.
 */
#ifndef NEON_MIGRATE_LEDGER_H
#define NEON_MIGRATE_LEDGER_H

#include "common/sha2.h"
#include "executor.h"
#include "ledger_access.h"

/*
 * The columns, in the order of the table.
 */
typedef enum LedgerColumn
{
	L_SEQ,
	L_VERSION,
	L_ACTION,
	L_DESCRIPTION,
	L_UP_SQL,
	L_DOWN_SQL,
	L_DEPENDS_ON,
	L_TRANSACTIONAL,
	L_CHECKSUM,
	L_STARTED_AT,
	L_DURATION,
	L_APPLIED_BY,
	L_ROLE,
	L_CLIENT,
	L_APPLICATION,
	L_STATEMENTS,
	L_ROWS,
	L_WAL_BYTES,
	L_LSN,
	L_ERROR,

	/*
	 * Of the events of a migration that runs step by step.  Such an event
	 * settles nothing: the version's state is that of its latest event
	 * without a direction, and unfinished if others follow.
	 */
	L_DIRECTION,				/* up or down */
	L_STEP,						/* from 1 */
	L_STEPS,					/* how many there are */
	L_CUT,						/* where its statements are cut; see steps.c */
	L_DETAIL,					/* what resuming the step needs to know */

	/*
	 * The state after the event, so that nobody needs to read the events
	 * before it.  The applied versions form a stack, in the order in which
	 * they were applied: head_seq is the event that applied the topmost.
	 */
	L_APPLIED_SEQ,				/* event that applied this version; NULL: it is not */
	L_BELOW_SEQ,				/* event that was the head then */
	L_HEAD_SEQ,
	L_APPLIED_TOTAL,			/* number of applied versions */
	L_UNFINISHED_TOTAL,			/* number of versions with steps begun and not settled */
	L_DEPENDENT_TOTAL,			/* number of events so far with dependencies */
	L_NEWEST_VERSION,			/* last applied one in natural order; NULL: not known */

	L_PREVIOUS_HASH,
	L_ENTRY_HASH,
	LEDGER_COLUMNS
} LedgerColumn;

typedef struct LedgerColumnInfo
{
	const char *name;
	Oid			type;
} LedgerColumnInfo;

extern const LedgerColumnInfo ledger_columns[LEDGER_COLUMNS];

/*
 * One event.  Values that are not set are NULL.
 */
typedef struct LedgerEntry
{
	Datum		values[LEDGER_COLUMNS];
	bool		nulls[LEDGER_COLUMNS];

	/* of one that was read: what its values point into */
	HeapTuple	tuple;
	TupleDesc	desc;
} LedgerEntry;

/* the values of L_ACTION */
#define LEDGER_APPLY "apply"
#define LEDGER_AMEND "amend"
#define LEDGER_ROLLBACK "rollback"
#define LEDGER_STAMP "stamp"
#define LEDGER_UNSTAMP "unstamp"
/* of no version: of the schema as a whole */
#define LEDGER_ACCEPT_DRIFT "accept_drift"
/* with a direction */
#define LEDGER_STARTED "started"
#define LEDGER_DONE "done"
#define LEDGER_FAILED "failed"

/* in ledger_entry.c */
extern LedgerEntry *ledger_entry_new(const char *version, const char *action);
extern LedgerEntry *ledger_entry_from_tuple(HeapTuple tuple, TupleDesc desc);
extern void ledger_entry_set(LedgerEntry *entry, LedgerColumn column, Datum value);
extern void ledger_entry_set_stats(LedgerEntry *entry, const RunStats *stats);
extern void ledger_entry_copy(LedgerEntry *entry, const LedgerEntry *from, LedgerColumn column);
extern int64 ledger_entry_int64(const LedgerEntry *entry, LedgerColumn column);
extern char *ledger_entry_text(const LedgerEntry *entry, LedgerColumn column);
extern bool ledger_entry_is_applied(const LedgerEntry *entry);

/* in ledger.c */
extern LedgerEntry *ledger_lookup(const Ledger *ledger, const char *version);
extern LedgerEntry *ledger_tail(const Ledger *ledger);
extern LedgerEntry *ledger_event(const Ledger *ledger, int64 seq);
extern LedgerEntry *ledger_applied_at(const Ledger *ledger, int64 seq);
extern LedgerEntry *ledger_head(const Ledger *ledger, LedgerEntry *tail);
extern LedgerEntry *ledger_below(const Ledger *ledger, const LedgerEntry *entry);
extern List *ledger_steps(const Ledger *ledger, const char *version, const LedgerEntry *settled);
extern bool ledger_is_unfinished(const Ledger *ledger, const char *version,
								 const LedgerEntry *settled);
extern bool ledger_any_unfinished(const LedgerEntry *tail);
extern List *ledger_unfinished(const Ledger *ledger, const LedgerEntry *tail);
extern char *ledger_newest(const Ledger *ledger, const LedgerEntry *tail);
extern char *ledger_newest_below(const Ledger *ledger, const LedgerEntry *entry);
extern List *ledger_dependents(const Ledger *ledger, const char *version);

/* in ledger_hash.c */
extern void ledger_hash(const LedgerEntry *entry, uint8 hash[PG_SHA256_DIGEST_LENGTH]);

#endif							/* NEON_MIGRATE_LEDGER_H */
