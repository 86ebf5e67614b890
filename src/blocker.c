/*-------------------------------------------------------------------------
 *
 * blocker.c
 *	  Who kept a migration's statement waiting for a lock.
 *
 * When lock_timeout has struck, the server has forgotten which lock it was.
 * So while a migration runs, a timer looks every now and then at what lock this
 * backend is waiting for, if any.  The handler only copies the tag from our own
 * PGPROC; a tag copied in the moment in which the lock was granted is at worst
 * a wrong name in a notice.
 *
 * Who holds that lock is then looked up with the caller's own rights: the
 * statements of other users are not for everybody.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "blocker.h"
#include "compat.h"

#define SAMPLE_MS 50

static TimeoutId timer = MAX_TIMEOUTS;
static volatile sig_atomic_t sampled = false;
static LOCKTAG sampled_tag;
static LOCKMODE sampled_mode;

/*
 * Runs in a signal handler; also in a backend that is being terminated, which
 * has no PGPROC any more.
 */
static void
sample(void)
{
	LOCK	   *lock = MyProc ? MyProc->waitLock : NULL;

	if (lock == NULL)
		return;
	sampled_tag = lock->tag;
	sampled_mode = MyProc->waitLockMode;
	sampled = true;
}

/*
 * Begins to watch what this backend waits for.
 */
void
blocker_watch_begin(void)
{
	int			interval = LockTimeout > 0 ? Max(1, Min(SAMPLE_MS, LockTimeout / 3)) : SAMPLE_MS;

	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, sample);
	sampled = false;
	compat_enable_timeout_every(timer, interval);
}

/*
 * Ends it.  Safe to call while an error is on its way.
 */
void
blocker_watch_end(void)
{
	disable_timeout(timer, false);
}

/*
 * Returns a condition on pg_locks AS l for the lock waited for last, and
 * describes what it is on; or NULL for a lock of another kind.
 */
static char *
lock_condition(char **object)
{
	switch ((LockTagType) sampled_tag.locktag_type)
	{
		case LOCKTAG_RELATION:
			*object = get_rel_name(sampled_tag.locktag_field2);
			*object = *object ? psprintf("\"%s\"", *object) :
				psprintf("relation %u", sampled_tag.locktag_field2);
			return psprintf("l.locktype OPERATOR(pg_catalog.=) 'relation'"
							" AND l.database OPERATOR(pg_catalog.=) %u::pg_catalog.oid"
							" AND l.relation OPERATOR(pg_catalog.=) %u::pg_catalog.oid",
							sampled_tag.locktag_field1, sampled_tag.locktag_field2);
		case LOCKTAG_TRANSACTION:
			*object = psprintf("transaction %u", sampled_tag.locktag_field1);
			return psprintf("l.locktype OPERATOR(pg_catalog.=) 'transactionid'"
							" AND l.transactionid::pg_catalog.text OPERATOR(pg_catalog.=) '%u'",
							sampled_tag.locktag_field1);
		case LOCKTAG_VIRTUALTRANSACTION:
			*object = psprintf("virtual transaction %u/%u",
							   sampled_tag.locktag_field1, sampled_tag.locktag_field2);
			return psprintf("l.locktype OPERATOR(pg_catalog.=) 'virtualxid'"
							" AND l.virtualxid OPERATOR(pg_catalog.=) '%u/%u'",
							sampled_tag.locktag_field1, sampled_tag.locktag_field2);
		default:
			return NULL;
	}
}

/*
 * Does a lock held in this mode (by its name) exclude the one waited for?
 */
static bool
excludes(const char *mode_name)
{
	for (LOCKMODE mode = AccessShareLock; mode <= AccessExclusiveLock; mode++)
		if (strcmp(GetLockmodeName(DEFAULT_LOCKMETHOD, mode), mode_name) == 0)
			return DoLockModesConflict(mode, sampled_mode);
	return false;
}

/*
 * Returns a sentence on the lock waited for last and who held it, or NULL if
 * that is not known.  Needs a transaction.
 */
char *
blocker_describe(void)
{
	MemoryContext context = CurrentMemoryContext;
	StringInfoData text;
	char	   *object = NULL;
	char	   *condition;

	if (!sampled || (condition = lock_condition(&object)) == NULL)
		return NULL;
	initStringInfo(&text);
	appendStringInfo(&text, "It waited for %s on %s",
					 GetLockmodeName(DEFAULT_LOCKMETHOD, sampled_mode), object);

	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT ||
		SPI_execute(psprintf("SELECT l.mode,"
							 " CASE WHEN p.gid IS NOT NULL"
							 " THEN pg_catalog.format('prepared transaction \"%%s\" of user \"%%s\"', p.gid, p.owner)"
							 " ELSE pg_catalog.format('process %%s, user \"%%s\", application \"%%s\", in its transaction for %%s s: %%s',"
							 " l.pid, a.usename, a.application_name,"
							 " pg_catalog.round(EXTRACT(epoch FROM (pg_catalog.clock_timestamp()"
							 " OPERATOR(pg_catalog.-) a.xact_start))::pg_catalog.numeric, 1),"
							 " pg_catalog.rtrim(pg_catalog.\"left\"(a.query, 200), E'; \\n')) END"
							 " FROM pg_catalog.pg_locks AS l"
							 " LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid"
							 " LEFT JOIN pg_catalog.pg_locks AS t ON l.pid IS NULL AND t.pid IS NULL"
							 " AND t.locktype OPERATOR(pg_catalog.=) 'transactionid' AND t.granted"
							 " AND t.virtualtransaction OPERATOR(pg_catalog.=) l.virtualtransaction"
							 " LEFT JOIN pg_catalog.pg_prepared_xacts AS p"
							 " ON p.transaction OPERATOR(pg_catalog.=) t.transactionid"
							 " WHERE l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid() AND %s"
							 " ORDER BY a.xact_start", condition), true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up who holds a lock");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *mode = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		char	   *holder = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);

		if (excludes(mode))
			appendStringInfo(&text, "; %s is held by %s", mode, holder);
	}
	SPI_finish();
	PopActiveSnapshot();
	MemoryContextSwitchTo(context);
	appendStringInfoChar(&text, '.');
	return text.data;
}
