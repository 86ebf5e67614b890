/*-------------------------------------------------------------------------
 *
 * session.c
 *	  Keeps migrations from leaving anything behind in the session.
 *
 * The session belongs to the caller, or through a pooler to whoever comes
 * next.  What a migration changes in it is put back or cannot happen:
 *
 *	settings, role, session user	put back by the executor's GUC nest level
 *	temporary objects				those made by the migration are dropped
 *	PREPARE, cursors				those made by the migration are dropped;
 *									DEALLOCATE and CLOSE of the caller's are
 *									refused
 *	SET CONSTRAINTS					every constraint goes back to its declared
 *									mode, but for what reset_constraints() says
 *	LISTEN, UNLISTEN, DISCARD		refused
 *	session advisory locks			refused: they are counted, so that it could
 *									not be told whose they are
 *
 * None of this can be left to a look at the script's statements, because
 * functions and DO blocks run statements, too.  So it is done where every
 * statement and every function call passes, by ProcessUtility_hook (in
 * utility.c), ExecutorStart_hook and object_access_hook.  The hooks act only
 * between session_watch_begin() and session_watch_end(); a backend that never
 * ran a migration does not even have them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "commands/prepare.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/execnodes.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "session.h"

/*
 * What the running migration did to the session.  Its memory outlives
 * transactions, as what is noted here does.
 */
static struct
{
	bool		active;
	SubTransactionId subid;		/* in which it began */
	MemoryContext context;
	List	   *prepared;
	List	   *cursors;
	bool		constraints_set;
	bool		wrote_rows;
	ObjectAddresses *temp_objects;	/* those there before, NULL if none */
}			watch;

static ExecutorStart_hook_type previous_executor_start = NULL;
static object_access_hook_type previous_object_access = NULL;

/*
 * Is a migration running in this session?
 */
bool
session_is_migrating(void)
{
	return watch.active;
}

/*
 * Has the running migration, or anything that it called, begun a statement
 * that writes rows and so may have left work to deferred triggers?
 */
bool
session_has_written_rows(void)
{
	return watch.wrote_rows;
}

/*
 * Raises an error if no migration can run in this session now: 55000 inside of
 * one, 25006 where nothing can be written.
 */
void
session_check_may_migrate(const char *function)
{
	if (session_is_migrating())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot call %s() from inside a migration", function),
				 errdetail("A migration is recorded as a whole, so it cannot contain another."),
				 errhint("Make it a migration of its own, with depends_on if the order matters.")));
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s() on a standby", function),
				 errdetail("The server is in recovery and takes no changes."),
				 errhint("Connect to the primary. To check a version here, use SELECT migrate_require('version').")));
	if (XactReadOnly)
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s() in a read-only transaction", function),
				 errdetail("Both the migration and its entry in the ledger need to write."),
				 errhint("Start the transaction with BEGIN READ WRITE, or SET default_transaction_read_only = off.")));
}

/*
 * Returns the name of a kind of statement that a migration may not hold
 * because it would reach beyond it, if "stmt" is one, else NULL.
 */
const char *
session_refused_kind(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_ListenStmt:
			return "LISTEN";
		case T_UnlistenStmt:
			return "UNLISTEN";
		case T_DiscardStmt:
			return "DISCARD";
		case T_DeallocateStmt:
			return ((DeallocateStmt *) stmt)->name == NULL ? "DEALLOCATE ALL" : NULL;
		case T_ClosePortalStmt:
			return ((ClosePortalStmt *) stmt)->portalname == NULL ? "CLOSE ALL" : NULL;
		default:
			return NULL;
	}
}

/*
 * For use in ereport(): says that "kind" is refused, and why.
 */
int
session_refusal(const char *kind)
{
	errcode(ERRCODE_FEATURE_NOT_SUPPORTED);
	errmsg("%s is not possible in a migration", kind);
	errdetail("It would change the state of the session that the migration happens to run in.");
	errhint("Take it out, and let the application do it in its own sessions.");
	return 0;
}

static bool
list_has_name(List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
		if (strcmp((char *) lfirst(cell), name) == 0)
			return true;
	return false;
}

static List *
remember_name(List *names, const char *name)
{
	MemoryContext old_context = MemoryContextSwitchTo(watch.context);

	names = lappend(names, pstrdup(name));
	MemoryContextSwitchTo(old_context);
	return names;
}

/*
 * Refuses a statement that reaches for what is the caller's.
 */
static void
refuse_foreign(Node *stmt)
{
	const char *kind = session_refused_kind(stmt);

	if (kind == NULL && IsA(stmt, DeallocateStmt) &&
		!list_has_name(watch.prepared, ((DeallocateStmt *) stmt)->name))
		kind = "DEALLOCATE of a statement not prepared by it";
	if (kind == NULL && IsA(stmt, ClosePortalStmt) &&
		!list_has_name(watch.cursors, ((ClosePortalStmt *) stmt)->portalname))
		kind = "CLOSE of a cursor not opened by it";
	if (kind != NULL)
		ereport(ERROR, (session_refusal(kind)));
}

/*
 * Looks at a utility statement that is about to run.
 */
void
session_see_utility(Node *stmt)
{
	if (!watch.active)
		return;
	refuse_foreign(stmt);

	/* noted before it runs: what fails half-way may still be there */
	if (IsA(stmt, PrepareStmt) &&
		FetchPreparedStatement(((PrepareStmt *) stmt)->name, false) == NULL)
		watch.prepared = remember_name(watch.prepared, ((PrepareStmt *) stmt)->name);
	else if (IsA(stmt, DeclareCursorStmt) &&
			 GetPortalByName(((DeclareCursorStmt *) stmt)->portalname) == NULL)
		watch.cursors = remember_name(watch.cursors, ((DeclareCursorStmt *) stmt)->portalname);
	else if (IsA(stmt, ConstraintsSetStmt))
		watch.constraints_set = true;
	else if (IsA(stmt, CopyStmt))
		watch.wrote_rows = true;
}

/*
 * Notes what writes rows.  (COPY FROM writes them without an executor.)
 */
static void
session_executor_start(QueryDesc *query, int flags)
{
	if (query->operation != CMD_SELECT || query->plannedstmt->hasModifyingCTE)
		watch.wrote_rows = true;
	if (previous_executor_start)
		previous_executor_start(query, flags);
	else
		standard_ExecutorStart(query, flags);
}

static bool
locks_session(Oid function)
{
	switch (function)
	{
		case F_PG_ADVISORY_LOCK_INT8:
		case F_PG_ADVISORY_LOCK_INT4_INT4:
		case F_PG_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_INT8:
		case F_PG_TRY_ADVISORY_LOCK_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_INT8:
		case F_PG_ADVISORY_UNLOCK_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT8:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_ALL:
			return true;
		default:
			return false;
	}
}

static void
session_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (previous_object_access)
		previous_object_access(access, class_id, object_id, sub_id, arg);

	if (watch.active && access == OAT_FUNCTION_EXECUTE && locks_session(object_id))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function %s() is not possible in a migration", get_func_name(object_id)),
				 errdetail("Session-level advisory locks belong to the session that the migration happens to run in."),
				 errhint("Use pg_advisory_xact_lock(), which ends with the transaction.")));
}

/*
 * Puts the hook on objects in.  Called once, when the library is loaded.
 */
void
session_init(void)
{
	previous_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = session_executor_start;
	previous_object_access = object_access_hook;
	object_access_hook = session_object_access;
}

/*
 * Returns the objects in this session's temporary schema, other than those
 * already in "known"; NULL if there is no such schema.
 */
static ObjectAddresses *
temp_objects(ObjectAddresses *known)
{
	Oid			temp_namespace,
				toast_namespace;
	ObjectAddresses *objects;
	Relation	depend;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	GetTempNamespaceState(&temp_namespace, &toast_namespace);
	if (!OidIsValid(temp_namespace))
		return NULL;

	objects = new_object_addresses();
	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(temp_namespace));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress object;

		ObjectAddressSubSet(object, row->classid, row->objid, row->objsubid);
		if (known == NULL || !object_address_present(&object, known))
			add_exact_object_address(&object, objects);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return objects;
}

/*
 * Begins to watch.  From here on session_is_migrating(), until
 * session_watch_end(), which the caller must reach on every path.
 */
void
session_watch_begin(void)
{
	MemoryContext old_context;

	Assert(!watch.active);
	memset(&watch, 0, sizeof(watch));
	watch.subid = GetCurrentSubTransactionId();
	watch.context = AllocSetContextCreate(TopMemoryContext, "neon_migrate session",
										  ALLOCSET_SMALL_SIZES);
	old_context = MemoryContextSwitchTo(watch.context);
	watch.temp_objects = temp_objects(NULL);
	watch.active = true;
	MemoryContextSwitchTo(old_context);
}

/*
 * Drops the temporary objects that were not there before.
 */
static void
drop_temp_objects(void)
{
	ObjectAddresses *objects = temp_objects(watch.temp_objects);

	if (objects == NULL)
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	performMultipleDeletions(objects, DROP_CASCADE,
							 PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	PopActiveSnapshot();
	free_object_addresses(objects);
	CommandCounterIncrement();
}

/*
 * Sets one mode for some constraints, or for all if "constraints" is NIL.
 */
static void
set_constraints(List *constraints, bool deferred)
{
	ConstraintsSetStmt *stmt = makeNode(ConstraintsSetStmt);

	stmt->constraints = constraints;
	stmt->deferred = deferred;
	AfterTriggerSetState(stmt);
}

/*
 * Gives every constraint its declared mode back.  All are set to deferred
 * first, which fires nothing, then those that are declared deferrable but
 * initially immediate go back to that.
 *
 * A mode can be set only by name, and only in schemas that the caller may use.
 * So a constraint whose name another one of its schema has, too, with the
 * other mode, and one in a schema out of the caller's reach, stays deferred
 * until the transaction ends.
 */
static void
reset_constraints(void)
{
	Relation	constraint_rel = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(constraint_rel, InvalidOid, false, NULL, 0, NULL);
	List	   *immediate = NIL,
			   *deferred = NIL,
			   *to_set = NIL;
	ListCell   *cell;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint row = (Form_pg_constraint) GETSTRUCT(tuple);
		RangeVar   *name;

		if (!row->condeferrable || !compat_may_use_schema(row->connamespace))
			continue;
		name = makeRangeVar(get_namespace_name(row->connamespace),
							pstrdup(NameStr(row->conname)), -1);
		if (row->condeferred)
			deferred = lappend(deferred, name);
		else
			immediate = lappend(immediate, name);
	}
	systable_endscan(scan);
	table_close(constraint_rel, AccessShareLock);

	foreach(cell, immediate)
		if (!list_member(deferred, lfirst(cell)))
			to_set = lappend(to_set, lfirst(cell));
	set_constraints(NIL, true);
	if (to_set != NIL)
		set_constraints(to_set, false);
}

/*
 * Returns the names of all cursors: the rows of pg_cursors, without the cost of
 * a query.
 */
static List *
cursor_names(void)
{
	LOCAL_FCINFO(call, 0);
	FmgrInfo	function;
	ReturnSetInfo result = {.type = T_ReturnSetInfo,.allowedModes = SFRM_Materialize};
	TupleTableSlot *slot;
	List	   *names = NIL;

	fmgr_info(F_PG_CURSOR, &function);
	result.econtext = CreateStandaloneExprContext();
	InitFunctionCallInfoData(*call, &function, 0, InvalidOid, NULL, (Node *) &result);
	(void) FunctionCallInvoke(call);

	slot = MakeSingleTupleTableSlot(result.setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(result.setResult, true, false, slot))
	{
		bool		isnull;

		names = lappend(names, TextDatumGetCString(slot_getattr(slot, 1, &isnull)));
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(result.setResult);
	FreeExprContext(result.econtext, true);
	return names;
}

/*
 * Closes the cursors that were opened since the watch began, by statements
 * other than DECLARE: PL/pgSQL's stay open until the transaction ends.
 */
static void
close_cursors(void)
{
	ListCell   *cell;

	foreach(cell, cursor_names())
	{
		Portal		portal = GetPortalByName((char *) lfirst(cell));

		if (PortalIsValid(portal) && portal->createSubid >= watch.subid &&
			portal->status != PORTAL_ACTIVE && !portal->portalPinned)
			PortalDrop(portal, false);
	}
}

/*
 * Takes back what a successful migration did to the session.  (What a failed
 * one did is rolled back, but for prepared statements.)
 */
void
session_clean_up(void)
{
	ListCell   *cell;

	foreach(cell, watch.cursors)
	{
		Portal		portal = GetPortalByName((char *) lfirst(cell));

		if (PortalIsValid(portal))
			PortalDrop(portal, false);
	}
	close_cursors();
	if (watch.constraints_set)
		reset_constraints();
	drop_temp_objects();
}

/*
 * Ends the watch.  Safe to call while an error is on its way.
 */
void
session_watch_end(void)
{
	ListCell   *cell;

	watch.active = false;
	foreach(cell, watch.prepared)
		DropPreparedStatement((char *) lfirst(cell), false);
	MemoryContextDelete(watch.context);
	memset(&watch, 0, sizeof(watch));
}
