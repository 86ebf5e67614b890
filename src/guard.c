/*-------------------------------------------------------------------------
 *
 * guard.c
 *	  The event triggers that see DDL outside of migrations, and record or
 *	  refuse it.
 *
 * They run in whatever session runs DDL, with the rights of whoever does, who
 * may have none on anything of ours.  So nothing here is SQL, needs a right, or
 * looks up a name where a user can put something.
 *
 * Left alone are: migrations, what an extension's script does (the CREATE
 * EXTENSION counts, as one statement), temporary objects, statements that change
 * nothing, and what rebuilds or refills without changing the schema.
 *
 * A statement that is refused is refused before it runs, if that can be told
 * by then (guard_target.c), else when it is done, which undoes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/cmdtag.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "guard_log.h"
#include "guard_mode.h"
#include "guard_objects.h"
#include "guard_statement.h"
#include "guard_target.h"
#include "session.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(migrate_guard_event);

/*
 * The statement that was recorded last for what it dropped.  What it altered
 * comes afterwards, in another call, and belongs to the same record.
 */
static struct
{
	Node	   *stmt;
	int64		id;
	TransactionId xid;
	SubTransactionId subid;
}			dropping;

/*
 * Is the statement none of the guard's business?
 */
static bool
is_exempt(const EventTriggerData *data)
{
	if (IsBinaryUpgrade || session_is_migrating() || creating_extension)
		return true;
	if (XactReadOnly || RecoveryInProgress())
		return true;			/* it can only fail */
	switch (data->tag)
	{
		case CMDTAG_REFRESH_MATERIALIZED_VIEW:
		case CMDTAG_REINDEX:
			return true;
		case CMDTAG_ALTER_EXTENSION:
			/* an update of our own */
			return IsA(data->parsetree, AlterExtensionStmt) &&
				strcmp(((AlterExtensionStmt *) data->parsetree)->extname, "neon_migrate") == 0;
		default:
			return false;
	}
}

/*
 * Is DDL being refused, and in this session, too?
 */
static bool
is_refusing(void)
{
	return !settings_guard_bypass && guard_mode_now() == GUARD_REFUSE;
}

static void
refuse(const EventTriggerData *data, Oid schema)
{
	GuardLog	log;
	GuardChange *change = guard_log_open(schema, &log) ? guard_log_last_change(&log) : NULL;

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s is refused outside of migrations", GetCommandTagName(data->tag)),
			 change ? errdetail("The guard was set to refuse it by \"%s\" at %s.",
								change->set_by, timestamptz_to_str(change->set_at)) : 0,
			 errhint("Run it as a migration, with SELECT migrate_apply('version', 'SQL'). A superuser can pass with SET neon_migrate.guard_bypass = on.")));
}

/*
 * Returns the objects that are not temporary.
 */
static List *
lasting(List *objects)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, objects)
		if (!((GuardObject *) lfirst(cell))->temporary)
			result = lappend(result, lfirst(cell));
	return result;
}

/*
 * Returns the number under which the statement is recorded already, for what it
 * dropped, or 0.  That is forgotten then.
 */
static int64
take_recorded(const EventTriggerData *data)
{
	bool		same = dropping.stmt == data->parsetree &&
		dropping.xid == GetTopTransactionIdIfAny() &&
		dropping.subid == GetCurrentSubTransactionId();

	dropping.stmt = NULL;
	return same ? dropping.id : 0;
}

/*
 * Records the statement and returns its number.
 */
static int64
record_statement(const GuardLog *log, const EventTriggerData *data)
{
	GuardStatement statement = {0};

	statement.command = pstrdup(GetCommandTagName(data->tag));
	statement.statement = guard_statement_text(data->parsetree);
	statement.inner_statement = guard_statement_inner_text(data->parsetree);
	statement.bypassed = guard_mode_now() == GUARD_REFUSE;
	return guard_log_add_statement(log, &statement);
}

/*
 * Records the statement, unless "recorded" is its number already, and that it
 * changed these objects.  Returns its number, or 0 if it cannot be recorded.
 */
static int64
record(const EventTriggerData *data, Oid schema, List *objects, int64 recorded)
{
	bool		push_snapshot = !ActiveSnapshotSet();
	MemoryContext object_context;
	GuardLog	log;
	ListCell   *cell;

	if (!guard_log_open(schema, &log))
	{
		ereport(WARNING,
				(errmsg("could not record %s, which was run outside of migrations",
						GetCommandTagName(data->tag)),
				 errdetail("The tables of the guard are gone."),
				 errhint("See SELECT * FROM migrate_verify().")));
		return 0;
	}

	/* after a concurrent build there is none */
	if (push_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	if (recorded == 0)
		recorded = record_statement(&log, data);
	object_context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate guard",
										   ALLOCSET_DEFAULT_SIZES);
	foreach(cell, objects)
	{
		MemoryContext old_context = MemoryContextSwitchTo(object_context);

		CHECK_FOR_INTERRUPTS();
		guard_log_add_object(&log, recorded, lfirst(cell));
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(object_context);
	}
	if (push_snapshot)
		PopActiveSnapshot();
	return recorded;
}

/*
 * Refuses the statement if it has changed any of these objects, or records it.
 * "recorded" is its number if it is recorded already, or 0.  Returns its number,
 * or 0.
 */
static int64
handle(const EventTriggerData *data, Oid schema, List *objects, int64 recorded)
{
	objects = lasting(objects);
	if (objects == NIL)
		return recorded;
	if (is_refusing())
		refuse(data, schema);
	return record(data, schema, objects, recorded);
}

static void
handle_dropped(const EventTriggerData *data, Oid schema)
{
	List	   *objects = guard_objects_dropped(GetCommandTagName(data->tag));

	dropping.id = handle(data, schema, objects, 0);
	dropping.stmt = data->parsetree;
	dropping.xid = GetTopTransactionIdIfAny();
	dropping.subid = GetCurrentSubTransactionId();
}

static void
handle_changed(const EventTriggerData *data, Oid schema)
{
	int64		recorded = take_recorded(data);

	(void) handle(data, schema, guard_objects_changed(), recorded);
}

/*
 * migrate_guard_event() returns event_trigger
 */
Datum
migrate_guard_event(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	Oid			schema;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("migrate_guard_event() must be called as an event trigger")));
	if (is_exempt(data))
		PG_RETURN_NULL();

	schema = get_func_namespace(fcinfo->flinfo->fn_oid);
	if (strcmp(data->event, "ddl_command_start") == 0)
	{
		if (is_refusing() && !guard_may_be_harmless(data->parsetree))
			refuse(data, schema);
	}
	else if (strcmp(data->event, "sql_drop") == 0)
		handle_dropped(data, schema);
	else if (strcmp(data->event, "ddl_command_end") == 0)
		handle_changed(data, schema);
	PG_RETURN_NULL();
}
