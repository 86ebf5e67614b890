/*-------------------------------------------------------------------------
 *
 * guard_log.c
 *	  What is recorded of DDL that was run outside of migrations.
 *
 * Three append-only tables: statements, the objects that they changed, and the
 * changes of the guard's mode.  They are written for whoever runs DDL, who
 * needs no right on them, past SQL, as stored_table.c does.
 *
 * Appending takes no lock that others wait for: statements are numbered by a
 * sequence.  The sequence is not in dumps, so after a restore it is behind;
 * whoever finds it so moves it on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "actor.h"
#include "compat.h"
#include "guard_key.h"
#include "guard_log.h"
#include "stored_table.h"

#define GUARD_MODE_TABLE "migrate_guard_mode"
#define GUARD_STATEMENT_TABLE "migrate_guard_statement"
#define GUARD_OBJECT_TABLE "migrate_guard_object"
#define GUARD_SEQUENCE "migrate_guard_number"

/*
 * The columns, in the order of the tables.
 */
enum
{
	S_ID,
	S_RAN_AT,
	S_RUN_BY,
	S_ROLE,
	S_CLIENT,
	S_APPLICATION,
	S_PID,
	S_COMMAND,
	S_STATEMENT,
	S_INNER_STATEMENT,
	S_BYPASSED,
	STATEMENT_COLUMNS
};

enum
{
	O_STATEMENT_ID,
	O_TYPE,
	O_IDENTITY,
	O_KEY,
	O_COMMAND,
	O_DROPPED,
	OBJECT_COLUMNS
};

enum
{
	M_ID,
	M_MODE,
	M_SET_AT,
	M_SET_BY,
	M_ROLE,
	M_CLIENT,
	M_APPLICATION,
	MODE_COLUMNS
};

/*
 * Finds the tables; returns whether they are all there.
 */
bool
guard_log_open(Oid schema, GuardLog *log)
{
	log->mode_table = get_relname_relid(GUARD_MODE_TABLE, schema);
	log->statement_table = get_relname_relid(GUARD_STATEMENT_TABLE, schema);
	log->object_table = get_relname_relid(GUARD_OBJECT_TABLE, schema);
	log->sequence = get_relname_relid(GUARD_SEQUENCE, schema);
	return OidIsValid(log->mode_table) && OidIsValid(log->statement_table) &&
		OidIsValid(log->object_table) && OidIsValid(log->sequence);
}

static void
set_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	*value = text ? CStringGetTextDatum(text) : (Datum) 0;
}

/*
 * Sets the sequence to "number", with the rights of its owner.
 */
static void
set_sequence(Oid sequence, int64 number)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(sequence));
	Oid			owner,
				user;
	int			security_context;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", sequence);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(owner, security_context | SECURITY_LOCAL_USERID_CHANGE);
	DirectFunctionCall2(setval_oid, ObjectIdGetDatum(sequence), Int64GetDatum(number));
	SetUserIdAndSecContext(user, security_context);
}

/*
 * Returns a number for a statement, greater than all that are in use.
 */
static int64
next_number(const GuardLog *log)
{
	int64		number = nextval_internal(log->sequence, false);
	int64		last = stored_last_number(log->statement_table);

	if (number > last)
		return number;

	/* one at a time, so that nobody sets it back */
	LockDatabaseObject(RelationRelationId, log->sequence, 0, ExclusiveLock);
	number = nextval_internal(log->sequence, false);
	if (number <= last)
	{
		set_sequence(log->sequence, last);
		number = nextval_internal(log->sequence, false);
	}
	UnlockDatabaseObject(RelationRelationId, log->sequence, 0, ExclusiveLock);
	return number;
}

/*
 * Adds a statement that is running now, run by whoever runs it; only its texts
 * and tag are taken from "statement".  Returns its number.
 */
int64
guard_log_add_statement(const GuardLog *log, const GuardStatement *statement)
{
	Datum		values[STATEMENT_COLUMNS];
	bool		nulls[STATEMENT_COLUMNS] = {0};
	int64		id = next_number(log);

	values[S_ID] = Int64GetDatum(id);
	values[S_RAN_AT] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[S_RUN_BY] = actor_login(false);
	values[S_ROLE] = actor_role(false);
	values[S_CLIENT] = actor_client();
	values[S_APPLICATION] = actor_application(&nulls[S_APPLICATION]);
	values[S_PID] = Int32GetDatum(MyProcPid);
	set_text(&values[S_COMMAND], &nulls[S_COMMAND], statement->command);
	set_text(&values[S_STATEMENT], &nulls[S_STATEMENT], statement->statement);
	set_text(&values[S_INNER_STATEMENT], &nulls[S_INNER_STATEMENT], statement->inner_statement);
	values[S_BYPASSED] = BoolGetDatum(statement->bypassed);
	stored_insert(log->statement_table, STATEMENT_COLUMNS, values, nulls);
	return id;
}

/*
 * Adds an object that the statement number "id" changed.
 */
void
guard_log_add_object(const GuardLog *log, int64 id, const GuardObject *object)
{
	Datum		values[OBJECT_COLUMNS];
	bool		nulls[OBJECT_COLUMNS] = {0};

	values[O_STATEMENT_ID] = Int64GetDatum(id);
	values[O_TYPE] = CStringGetTextDatum(object->type);
	values[O_IDENTITY] = CStringGetTextDatum(object->identity);
	values[O_KEY] = CStringGetTextDatum(guard_key(object->identity));
	values[O_COMMAND] = CStringGetTextDatum(object->command);
	values[O_DROPPED] = BoolGetDatum(object->dropped);
	stored_insert(log->object_table, OBJECT_COLUMNS, values, nulls);
}

/*
 * Adds a change of the mode.  The caller holds a lock that lets nobody else do
 * so at the same time.
 */
void
guard_log_add_change(const GuardLog *log, const char *mode)
{
	Datum		values[MODE_COLUMNS];
	bool		nulls[MODE_COLUMNS] = {0};

	values[M_ID] = Int64GetDatum(stored_last_number(log->mode_table) + 1);
	values[M_MODE] = CStringGetTextDatum(mode);
	values[M_SET_AT] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[M_SET_BY] = actor_login(false);
	values[M_ROLE] = actor_role(false);
	values[M_CLIENT] = actor_client();
	values[M_APPLICATION] = actor_application(&nulls[M_APPLICATION]);
	stored_insert(log->mode_table, MODE_COLUMNS, values, nulls);
}

static Datum
get_column(const StoredScan *scan, HeapTuple tuple, int column, bool *isnull)
{
	return heap_getattr(tuple, column + 1, RelationGetDescr(scan->table), isnull);
}

static char *
get_text(const StoredScan *scan, HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = get_column(scan, tuple, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static int64
get_int64(const StoredScan *scan, HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = get_column(scan, tuple, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

/*
 * Returns the last change of the mode, or NULL if there was none.
 */
GuardChange *
guard_log_last_change(const GuardLog *log)
{
	StoredScan	scan;
	HeapTuple	tuple;
	GuardChange *change = NULL;

	stored_scan_begin(&scan, log->mode_table, AccessShareLock, M_ID + 1, 0, NULL,
					  BackwardScanDirection);
	tuple = stored_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		change = palloc(sizeof(GuardChange));
		change->mode = get_text(&scan, tuple, M_MODE);
		change->set_at = get_int64(&scan, tuple, M_SET_AT);
		change->set_by = get_text(&scan, tuple, M_SET_BY);
	}
	stored_scan_end(&scan);
	return change;
}

/*
 * Returns the statement number "id", or NULL if it is not there.
 */
static GuardStatement *
read_statement(Oid table, int64 id)
{
	GuardStatement *statement = NULL;
	StoredScan	scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		isnull;

	ScanKeyInit(&key, S_ID + 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	stored_scan_begin(&scan, table, AccessShareLock, S_ID + 1, 1, &key, ForwardScanDirection);
	tuple = stored_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		statement = palloc0(sizeof(GuardStatement));
		statement->id = id;
		statement->ran_at = get_int64(&scan, tuple, S_RAN_AT);
		statement->run_by = get_text(&scan, tuple, S_RUN_BY);
		statement->role = get_text(&scan, tuple, S_ROLE);
		statement->client = get_text(&scan, tuple, S_CLIENT);
		statement->application = get_text(&scan, tuple, S_APPLICATION);
		statement->pid = DatumGetInt32(get_column(&scan, tuple, S_PID, &isnull));
		statement->command = get_text(&scan, tuple, S_COMMAND);
		statement->statement = get_text(&scan, tuple, S_STATEMENT);
		statement->inner_statement = get_text(&scan, tuple, S_INNER_STATEMENT);
		statement->bypassed = DatumGetBool(get_column(&scan, tuple, S_BYPASSED, &isnull));
	}
	stored_scan_end(&scan);
	return statement;
}

/*
 * Returns the number of the latest statement that has changed an object of this
 * key and kind (NULL: any), or 0.  The index is a hash index, so each row that
 * it finds may be about another one.
 */
static int64
find_latest(Oid table_oid, const char *kind, const char *object_key)
{
	Relation	table = table_open(table_oid, AccessShareLock);
	Relation	index = stored_open_index(table, O_KEY + 1);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	IndexScanDesc scan = compat_index_beginscan(table, index, snapshot, 1);
	TupleTableSlot *slot = table_slot_create(table, NULL);
	ScanKeyData key;
	int64		latest = 0;

	ScanKeyInit(&key, 1, HTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(object_key));
	index_rescan(scan, &key, 1, NULL, 0);
	while (index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		if (strcmp(TextDatumGetCString(slot->tts_values[O_KEY]), object_key) == 0 &&
			(kind == NULL ||
			 guard_key_fits_kind(TextDatumGetCString(slot->tts_values[O_TYPE]), kind)))
			latest = Max(latest, DatumGetInt64(slot->tts_values[O_STATEMENT_ID]));
	}
	ExecDropSingleTupleTableSlot(slot);
	index_endscan(scan);
	UnregisterSnapshot(snapshot);
	index_close(index, AccessShareLock);
	table_close(table, NoLock);
	return latest;
}

/*
 * Returns the latest statement that is recorded as having changed the object,
 * or NULL.  The identity may be written as guard_key.c says.  The kind is a type
 * of pg_identify_object() or the last word of it, or NULL for any.
 *
 * If there is none of a part of an object, such as a column, it is the latest
 * one of the whole, and "of_whole" is set.
 */
GuardStatement *
guard_log_latest(Oid schema, const char *kind, const char *identity)
{
	GuardLog	log;
	GuardStatement *statement;
	char	   *whole;
	int64		latest;
	bool		of_whole = false;

	if (!guard_log_open(schema, &log))
		return NULL;
	latest = find_latest(log.object_table, kind, guard_key(identity));
	whole = latest == 0 ? guard_key_of_whole(identity) : NULL;
	if (whole)
	{
		latest = find_latest(log.object_table, NULL, whole);
		of_whole = true;
	}
	if (latest == 0)
		return NULL;
	statement = read_statement(log.statement_table, latest);
	if (statement)
		statement->of_whole = of_whole;
	return statement;
}
