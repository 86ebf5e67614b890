/*-------------------------------------------------------------------------
 *
 * guard_mode.c
 *	  What happens to DDL outside of migrations: nothing, it is recorded, or it
 *	  is refused.
 *
 * The mode is which of the extension's event triggers are enabled.  So with the
 * guard off, DDL does not so much as load the library.  And a restored dump has
 * it off, since the triggers come from CREATE EXTENSION, disabled: the rest of
 * the restore would be refused otherwise.
 *
 * Each change is recorded.  migrate_verify() reports if the last one, which a
 * restore does bring along, is not what is in force.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_event_trigger.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "guard_log.h"
#include "guard_mode.h"

PG_FUNCTION_INFO_V1(migrate_guard);
PG_FUNCTION_INFO_V1(migrate_guard_set);

static const char *const mode_names[] = {
	[GUARD_OFF] = "off",
	[GUARD_RECORD] = "record",
	[GUARD_REFUSE] = "refuse",
};

/*
 * The event triggers, and the first mode in which they are enabled.
 */
static const struct
{
	const char *name;
	GuardMode	from;
}			guards[] = {
	{"neon_migrate_guard_start", GUARD_REFUSE},
	{"neon_migrate_guard_drop", GUARD_RECORD},
	{"neon_migrate_guard_end", GUARD_RECORD},
};

static bool
is_enabled(const char *event_trigger)
{
	HeapTuple	tuple = SearchSysCache1(EVENTTRIGGERNAME, CStringGetDatum(event_trigger));
	char		enabled;

	if (!HeapTupleIsValid(tuple))
		return false;
	enabled = ((Form_pg_event_trigger) GETSTRUCT(tuple))->evtenabled;
	ReleaseSysCache(tuple);
	return enabled == TRIGGER_FIRES_ON_ORIGIN || enabled == TRIGGER_FIRES_ALWAYS;
}

/*
 * Returns the mode that is in force.
 */
GuardMode
guard_mode_now(void)
{
	GuardMode	mode = GUARD_OFF;

	for (int i = 0; i < (int) lengthof(guards); i++)
		if (is_enabled(guards[i].name))
			mode = Max(mode, guards[i].from);
	return mode;
}

/*
 * Returns a mode as SQL has it.
 */
const char *
guard_mode_name(GuardMode mode)
{
	return mode_names[mode];
}

/*
 * Enables or disables an event trigger, with the rights of its owner: a
 * superuser, which the caller need not be.
 */
static void
enable(const char *event_trigger, bool enabled)
{
	HeapTuple	tuple = SearchSysCache1(EVENTTRIGGERNAME, CStringGetDatum(event_trigger));
	AlterEventTrigStmt *stmt = makeNode(AlterEventTrigStmt);
	Oid			owner,
				user;
	int			security_context;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("event trigger \"%s\" is gone", event_trigger),
				 errdetail("Without it, DDL outside of migrations is not seen."),
				 errhint("See SELECT * FROM migrate_verify().")));
	owner = ((Form_pg_event_trigger) GETSTRUCT(tuple))->evtowner;
	ReleaseSysCache(tuple);

	stmt->trigname = pstrdup(event_trigger);
	stmt->tgenabled = enabled ? TRIGGER_FIRES_ON_ORIGIN : TRIGGER_DISABLED;
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(owner, security_context | SECURITY_LOCAL_USERID_CHANGE);
	(void) AlterEventTrigger(stmt);
	SetUserIdAndSecContext(user, security_context);
}

/*
 * Returns the argument, or raises an error if it is no mode.
 */
static GuardMode
mode_arg(FunctionCallInfo fcinfo)
{
	char	   *name;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the mode of the guard must not be null"),
				 errhint("Use SELECT migrate_guard() to see the mode that is in force.")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	for (int mode = 0; mode < (int) lengthof(mode_names); mode++)
		if (strcmp(name, mode_names[mode]) == 0)
			return mode;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a mode of the guard", name),
			 errhint("Use 'off', 'record' or 'refuse'.")));
	return GUARD_OFF;
}

/*
 * migrate_guard() returns text
 */
Datum
migrate_guard(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_TEXT_P(cstring_to_text(mode_names[guard_mode_now()]));
}

/*
 * migrate_guard(mode text) returns text
 */
Datum
migrate_guard_set(PG_FUNCTION_ARGS)
{
	GuardMode	mode = mode_arg(fcinfo);
	GuardChange *last;
	GuardLog	log;

	PreventCommandDuringRecovery("migrate_guard()");
	PreventCommandIfReadOnly("migrate_guard()");
	if (!guard_log_open(get_func_namespace(fcinfo->flinfo->fn_oid), &log))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of the guard are gone"),
				 errhint("See SELECT * FROM migrate_verify().")));

	/* one change at a time; recording goes on */
	LockRelationOid(log.mode_table, ShareUpdateExclusiveLock);
	AcceptInvalidationMessages();

	last = guard_log_last_change(&log);
	if (mode == guard_mode_now() &&
		strcmp(mode_names[mode], last ? last->mode : mode_names[GUARD_OFF]) == 0)
		PG_RETURN_TEXT_P(cstring_to_text("unchanged"));
	for (int i = 0; i < (int) lengthof(guards); i++)
		if (is_enabled(guards[i].name) != (mode >= guards[i].from))
			enable(guards[i].name, mode >= guards[i].from);
	guard_log_add_change(&log, mode_names[mode]);
	PG_RETURN_TEXT_P(cstring_to_text("changed"));
}
