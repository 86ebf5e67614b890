/*-------------------------------------------------------------------------
 *
 * gate.c
 *	  Decides whether a migration may run here and now.
 *
 * There are two advisory locks to a database.
 *
 * GATE is held exclusively, for the length of a CALL, by a procedure that
 * runs migrations in transactions of its own.  A function takes it shared
 * until its transaction ends, and never waits for it: a waiter inside a
 * function holds a snapshot, and a CREATE INDEX CONCURRENTLY that the
 * procedure may be running would wait for that snapshot for ever.
 *
 * RUN is held exclusively by a function until its transaction ends, so that
 * there is one migrator at a time.  For it a function waits, as long as
 * neon_migrate.wait_timeout.
 *
 * Both are of a class that the SQL functions for advisory locks cannot name,
 * so that nobody can hold up migrations, or release the locks, by accident
 * or without the right to migrate.  They show in pg_locks as advisory locks
 * with objsubid 20045.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "gate.h"
#include "session.h"
#include "settings.h"
#include "subtransaction.h"

#define GATE_LOCK_CLASS 20045	/* pg_locks.objsubid; SQL can make only 1 and 2 */

typedef enum GateKey
{
	GATE_KEY = 1,
	RUN_KEY = 2
} GateKey;

static const Oid int4_arg[] = {INT4OID};

/*
 * Who but process $1 holds a key in a mode that excludes others, or else waits
 * for it.  With the owner's rights, as the start of another user's transaction
 * is hidden from most.
 */
static OwnerQuery find_holder = {
	.sql = "SELECT l.pid, a.usename, a.application_name, a.xact_start, p.gid, p.owner, p.prepared,"
	" l.granted"
	" FROM pg_catalog.pg_locks AS l"
	" LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid"
	/* of a prepared transaction, the virtual one is that of its late backend */
	" LEFT JOIN pg_catalog.pg_locks AS t ON l.pid IS NULL AND t.pid IS NULL"
	" AND t.locktype OPERATOR(pg_catalog.=) 'transactionid' AND t.granted"
	" AND t.virtualtransaction OPERATOR(pg_catalog.=) l.virtualtransaction"
	" LEFT JOIN pg_catalog.pg_prepared_xacts AS p"
	" ON p.transaction OPERATOR(pg_catalog.=) t.transactionid"
	" WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'"
	" AND l.database OPERATOR(pg_catalog.=)"
	" (SELECT d.oid FROM pg_catalog.pg_database AS d"
	" WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())"
	" AND l.objsubid OPERATOR(pg_catalog.=) 20045"
	" AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'"
	" AND l.pid IS DISTINCT FROM $1 ORDER BY l.granted DESC, l.waitstart LIMIT 1",
	.nargs = 1,.types = int4_arg,
};

static OwnerQuery find_call = {
	.sql = "SELECT a.query_start FROM pg_catalog.pg_locks AS l"
	" JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid"
	" WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted"
	" AND l.database OPERATOR(pg_catalog.=) a.datid"
	" AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
	" AND l.objid OPERATOR(pg_catalog.=) 1 AND l.objsubid OPERATOR(pg_catalog.=) 20045"
	" AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'",
};

static void
gate_tag(LOCKTAG *tag, GateKey key)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, 0, key, GATE_LOCK_CLASS);
}

/*
 * Describes the holder of the gate in "detail" and what can be done about it
 * in "hint".
 */
static void
describe_holder(const Ledger *ledger, char **detail, char **hint)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		values[] = {Int32GetDatum(MyProcPid)};
	OwnerScope	scope;
	char	   *column[8] = {0};

	if (owner_query(ledger, &find_holder, values, NULL, &scope) > 0)
		for (int i = 0; i < 8; i++)
		{
			char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1);

			column[i] = value ? MemoryContextStrdup(context, value) : NULL;
		}
	owner_query_end(&scope);

	if (column[4])
	{
		*detail = psprintf("Prepared transaction \"%s\" of user \"%s\" holds the gate since %s.",
						   column[4], column[5], column[6]);
		*hint = psprintf("End it with COMMIT PREPARED or ROLLBACK PREPARED %s.",
						 quote_literal_cstr(column[4]));
	}
	else if (column[0])
	{
		*detail = psprintf("Process %s, user \"%s\", application \"%s\", %s the gate since %s.",
						   column[0], column[1] ? column[1] : "?", column[2] ? column[2] : "",
						   column[7][0] == 't' ? "holds" : "waits for",
						   column[3] ? column[3] : "an unknown time");
		*hint = psprintf("Wait for it, raise neon_migrate.wait_timeout, or end it with SELECT pg_terminate_backend(%s).",
						 column[0]);
	}
	else
	{
		*detail = pstrdup("Its holder has let go of the gate just now.");
		*hint = pstrdup("Try again.");
	}
}

static void
raise_held(const Ledger *ledger, const char *message)
{
	char	   *detail;
	char	   *hint;

	describe_holder(ledger, &detail, &hint);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("%s", message),
			 errdetail("%s", detail),
			 errhint("%s", hint)));
}

/*
 * Waits for RUN, at most neon_migrate.wait_timeout.  Returns whether it came.
 *
 * The server's own lock queue does the waiting, so that it is fair and shows
 * in pg_locks; in a subtransaction, so that a timeout leaves nothing behind.
 */
static bool
wait_for_run(const LOCKTAG *tag)
{
	Subtransaction sub;
	volatile bool granted = false;

	if (settings_wait_timeout == 0)
		return false;

	subtransaction_begin(&sub);
	PG_TRY();
	{
		int			nest = NewGUCNestLevel();

		settings_pin("lock_timeout", psprintf("%d", settings_wait_timeout));
		(void) LockAcquire(tag, ExclusiveLock, false, false);
		AtEOXact_GUC(false, nest);
		subtransaction_commit(&sub);
		granted = true;
	}
	PG_CATCH();
	{
		ErrorData  *error = subtransaction_catch(&sub);

		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
	}
	PG_END_TRY();
	return granted;
}

/*
 * Raises an error unless this session and transaction can run migrations.
 */
static void
check_transaction(const char *function)
{
	session_check_may_migrate(function);
	PreventCommandIfParallelMode(function);

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("cannot execute %s() in a %s transaction", function,
						IsolationIsSerializable() ? "SERIALIZABLE" : "REPEATABLE READ"),
				 errdetail("Its snapshot may be older than what another migrator has just committed."),
				 errhint("Start the transaction with BEGIN ISOLATION LEVEL READ COMMITTED.")));
}

/*
 * Keeps migrations out until the transaction ends, or raises why not.
 */
void
gate_take(const Ledger *ledger)
{
	LOCKTAG		gate,
				run;

	gate_tag(&gate, GATE_KEY);
	if (LockAcquire(&gate, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		raise_held(ledger, gate_call_started_at(ledger) != 0 ?
				   "a CALL that runs migrations is in progress" :
				   "a CALL that runs migrations is waiting for its turn");

	gate_tag(&run, RUN_KEY);
	if (LockAcquire(&run, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL &&
		!wait_for_run(&run))
		raise_held(ledger, psprintf("another migration is in progress, waited %d ms for it",
									settings_wait_timeout));
}

/*
 * Lets the calling function run migrations until its transaction ends, or
 * raises why not.  "function" is its name, for messages.
 */
void
gate_enter(const Ledger *ledger, const char *function)
{
	check_transaction(function);
	gate_take(ledger);
}

/*
 * Takes the gate as gate_enter() does, if that is possible here and nobody has
 * it.  Returns whether it did.
 */
bool
gate_try(void)
{
	LOCKTAG		gate,
				run;

	if (session_is_migrating() || RecoveryInProgress() || XactReadOnly ||
		IsInParallelMode() || IsolationUsesXactSnapshot())
		return false;
	gate_tag(&gate, GATE_KEY);
	gate_tag(&run, RUN_KEY);
	if (LockAcquire(&gate, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	if (LockAcquire(&run, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&gate, ShareLock, false);
	return false;
}

/*
 * Takes GATE for a procedure, until gate_release(): for the session, so that
 * it outlives the procedure's transactions.  Waits at most
 * neon_migrate.wait_timeout, and with no snapshot, so that nobody waits for
 * the waiter.  "function" is the procedure's OID.
 */
void
gate_hold(TopLevel *top, Oid function)
{
	LOCKTAG		gate;
	volatile bool held = false;

	gate_tag(&gate, GATE_KEY);
	Assert(!ActiveSnapshotSet());
	PG_TRY();
	{
		int			nest = NewGUCNestLevel();

		settings_pin("lock_timeout", psprintf("%d", settings_wait_timeout));
		held = LockAcquire(&gate, ExclusiveLock, true, settings_wait_timeout == 0) !=
			LOCKACQUIRE_NOT_AVAIL;
		AtEOXact_GUC(false, nest);
	}
	PG_CATCH();
	{
		ErrorData  *error = toplevel_catch(top);

		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
	}
	PG_END_TRY();
	if (held)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	raise_held(ledger_open_for(function),
			   psprintf("another migration is in progress, waited %d ms for it",
						settings_wait_timeout));
}

/*
 * Gives GATE back.
 */
void
gate_release(void)
{
	LOCKTAG		gate;

	gate_tag(&gate, GATE_KEY);
	LockRelease(&gate, ExclusiveLock, true);
}

/*
 * Returns when the CALL began that holds GATE, or 0 if none does.
 */
TimestampTz
gate_call_started_at(const Ledger *ledger)
{
	OwnerScope	scope;
	TimestampTz started_at = 0;

	if (owner_query(ledger, &find_call, NULL, NULL, &scope) > 0)
	{
		bool		isnull;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			started_at = DatumGetTimestampTz(value);
	}
	owner_query_end(&scope);
	return started_at;
}

/*
 * Returns the process that runs migrations now, 0 if there is none, or -1 if
 * a prepared transaction holds the gate.
 */
int
gate_holder_pid(const Ledger *ledger)
{
	Datum		values[] = {Int32GetDatum(0)};
	OwnerScope	scope;
	int			pid = 0;

	if (owner_query(ledger, &find_holder, values, NULL, &scope) > 0)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Datum		value = SPI_getbinval(tuple, desc, 8, &isnull);

		if (DatumGetBool(value))
		{
			value = SPI_getbinval(tuple, desc, 1, &isnull);
			pid = isnull ? -1 : DatumGetInt32(value);
		}
	}
	owner_query_end(&scope);
	return pid;
}
