/*-------------------------------------------------------------------------
 *
 * touched.c
 *	  Notes what a migration changes, and how that was before.
 *
 * The server calls object_access_hook for nearly every change of its catalogs,
 * and before the change can be seen: so when an object is touched for the first
 * time, it is described as it was before.  What the hook is not called for, such
 * as GRANT and COMMENT, is found from the statement before it runs
 * (statement.c).
 *
 * An object of another name changes how others are described that refer to it.
 * If an object gets a new name or schema, what depends on it counts as touched,
 * too.  If a schema or a role does, everything counts as touched.
 *
 * It does no harm if more is noted than is changed: only what is described
 * otherwise afterwards counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "drift/added.h"
#include "drift/dependents.h"
#include "drift/renamed.h"
#include "drift/touched.h"
#include "session.h"
#include "snapshot/unit.h"

/*
 * A unit that was touched.
 */
typedef struct TouchedUnit
{
	ObjectAddress address;		/* hash key */
	bool		declared;		/* as by CREATE OR REPLACE */
	List	   *added;			/* parts, if nothing else is touched; see added.c */
} TouchedUnit;

/*
 * What the running migration touched.  Its memory outlives transactions, as
 * the steps of a migration that is not one transaction do.
 */
static struct
{
	bool		active;
	bool		everything;
	Oid			own_schema;
	MemoryContext context;
	HTAB	   *units;			/* TouchedUnit */
	SchemaSnapshot *before;
}			touched;

static object_access_hook_type previous_object_access = NULL;

bool
touched_is_noting(void)
{
	return touched.active && session_is_migrating();
}

/*
 * A migration must not fail because of this; if it does, says how to do without.
 */
static void
describing_context(void *arg)
{
	(void) arg;
	errcontext("describing for migrate_drift() what the migration changes");
	if (geterrcode() == ERRCODE_INTERNAL_ERROR)
		errhint("SET neon_migrate.track_drift = off, and run it again.");
}

static TouchedUnit *
find_touched(const SchemaUnit *unit)
{
	ObjectAddress key;

	ObjectAddressSet(key, unit->class_id, unit->object_id);
	return hash_search(touched.units, &key, HASH_FIND, NULL);
}

/*
 * Describes units as they are now, before they change; all, if "addresses" is
 * NIL.
 */
static void
describe_before(List *addresses)
{
	MemoryContext old_context = MemoryContextSwitchTo(touched.context);
	ErrorContextCallback callback = {.callback = describing_context,.previous = error_context_stack};
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SchemaSnapshot *now;

	error_context_stack = &callback;
	now = addresses ? snapshot_take_of(touched.own_schema, snapshot, addresses) :
		snapshot_take(touched.own_schema, snapshot);
	error_context_stack = callback.previous;
	UnregisterSnapshot(snapshot);
	for (int i = 0; i < now->units; i++)
	{
		TouchedUnit *entry = find_touched(now->unit[i]);

		/* if all was described: some of it was before */
		if (entry && entry->added == NIL)
			continue;
		if (entry)
		{
			added_take_out(now->unit[i], entry->added);
			entry->added = NIL;
		}
		snapshot_add_unit(touched.before, now->unit[i]);
	}
	MemoryContextSwitchTo(old_context);
}

static ObjectAddress
unit_key(const ObjectAddress *unit)
{
	ObjectAddress key;

	ObjectAddressSet(key, unit->classId, unit->objectId);
	/* those of a database are one */
	if (key.classId == DbRoleSettingRelationId)
		key.objectId = InvalidOid;
	return key;
}

/*
 * Enters a unit, which has been described if it was there.
 */
static TouchedUnit *
enter_unit(const ObjectAddress *key)
{
	bool		found;
	TouchedUnit *entry = hash_search(touched.units, key, HASH_ENTER, &found);

	if (!found)
	{
		entry->declared = false;
		entry->added = NIL;
	}
	return entry;
}

/*
 * Notes that a unit is touched.  "is_new" says that it is not there yet.
 * Returns whether that was not known before.
 */
static bool
note_unit(const ObjectAddress *unit, bool is_new, bool declared)
{
	ObjectAddress key = unit_key(unit);
	TouchedUnit *entry = hash_search(touched.units, &key, HASH_FIND, NULL);
	bool		is_known = entry && entry->added == NIL;

	if (!is_known)
	{
		/* entered when that has succeeded */
		if (!is_new && !touched.everything)
			describe_before(list_make1(&key));
		entry = enter_unit(&key);
		entry->added = NIL;
	}
	if (declared)
		entry->declared = true;
	return !is_known;
}

/*
 * Notes that the running command adds a part to a unit.
 */
static void
note_added(const ObjectAddress *unit, bool is_column, Oid part)
{
	ObjectAddress key = unit_key(unit);
	TouchedUnit *entry = hash_search(touched.units, &key, HASH_FIND, NULL);
	MemoryContext old_context;

	if (touched.everything || (entry && entry->added == NIL))
		return;
	old_context = MemoryContextSwitchTo(touched.context);
	entry = enter_unit(&key);
	entry->added = added_note(entry->added, is_column, part);
	MemoryContextSwitchTo(old_context);
}

/*
 * Notes the unit of an object that is there.
 */
void
note_object(Oid class_id, Oid object_id)
{
	ObjectAddress unit;

	if (OidIsValid(object_id) && snapshot_unit_of(class_id, object_id, NULL, &unit))
		(void) note_unit(&unit, false, false);
}

/*
 * Notes that anything may be touched.
 */
void
note_everything(void)
{
	if (touched.everything)
		return;
	describe_before(NIL);
	touched.everything = true;
}

/*
 * Notes what depends on an object.
 */
void
note_dependents(Oid class_id, Oid object_id)
{
	ListCell   *cell;

	foreach(cell, dependents_of(class_id, object_id, false))
	{
		ObjectAddress *dependent = lfirst(cell);

		note_object(dependent->classId, dependent->objectId);
	}
}

/*
 * Notes what depends on an object, directly or not.
 */
void
note_all_dependents(Oid class_id, Oid object_id)
{
	ListCell   *cell;

	foreach(cell, dependents_of(class_id, object_id, true))
	{
		ObjectAddress *dependent = lfirst(cell);

		note_object(dependent->classId, dependent->objectId);
	}
}

/*
 * Notes the views over a table: another column can change how they are
 * written.
 */
static void
note_views(Oid relation)
{
	ListCell   *cell;

	foreach(cell, dependents_of_columns(relation))
	{
		ObjectAddress *dependent = lfirst(cell);

		if (dependent->classId == RewriteRelationId)
			note_object(dependent->classId, dependent->objectId);
	}
}

/*
 * Takes a part that the running command has made out of how its unit was
 * before: some commands make it visible before they call the hook.
 */
static void
forget_part(const ObjectAddress *unit, Oid part)
{
	SchemaUnit *before = touched.before->units > 0 ?
		touched.before->unit[touched.before->units - 1] : NULL;
	int			kept = 0;

	if (before == NULL || before->class_id != unit->classId || before->object_id != unit->objectId)
		return;
	for (int i = 0; i < before->rows; i++)
		if (before->row[i].part != part || strcmp(before->row[i].kind, "column") == 0)
			before->row[kept++] = before->row[i];
	before->rows = kept;
}

/*
 * Was the unit, which the running command has made, there before?  Only some
 * can be replaced.
 */
static bool
was_there(Oid class_id, Oid object_id)
{
	switch (class_id)
	{
		case TypeRelationId:
			return SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(object_id));
		case ProcedureRelationId:
			return SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(object_id));
		case LanguageRelationId:
			return SearchSysCacheExists1(LANGOID, ObjectIdGetDatum(object_id));
		default:
			/* of an operator, there was no more than a shell */
			return false;
	}
}

/*
 * Is the relation, which the running command has made, a unit on its own?
 */
static bool
is_new_table(Oid relation)
{
	Relation	rel = RelationIdGetRelation(relation);
	bool		result;

	if (!RelationIsValid(rel))
		return false;
	result = rel->rd_rel->relkind != RELKIND_INDEX &&
		rel->rd_rel->relkind != RELKIND_PARTITIONED_INDEX;
	RelationClose(rel);
	return result;
}

/*
 * Something was made, or replaced.
 */
static void
note_created(Oid class_id, Oid object_id, int sub_id, bool is_internal)
{
	bool		is_relation = class_id == RelationRelationId;
	ObjectAddress unit;

	/* those of foreign keys are no part of a snapshot */
	if (class_id == TriggerRelationId && is_internal)
		return;
	if (is_relation && sub_id > 0)
	{
		if (snapshot_unit_of(class_id, object_id, NULL, &unit))
			note_added(&unit, true, sub_id);
		note_views(object_id);
	}
	else if (is_relation ? is_new_table(object_id) : !snapshot_is_part(class_id))
	{
		bool		replaced = was_there(class_id, object_id);

		ObjectAddressSet(unit, class_id, object_id);
		(void) note_unit(&unit, !replaced, replaced && class_id == ProcedureRelationId);
	}
	else if (snapshot_unit_of(class_id, object_id, SnapshotSelf, &unit))
	{
		/* the rule of a view is what defines it */
		bool		declared = class_id == RewriteRelationId &&
			get_rel_relkind(unit.objectId) == RELKIND_VIEW;

		if (is_relation)
			note_added(&unit, false, object_id);
		else if (note_unit(&unit, false, declared))
			forget_part(&unit, object_id);
	}
}

/*
 * Is it of a class that many others name, which does not show in pg_depend?
 */
static bool
is_named_by_many(Oid class_id)
{
	return class_id == NamespaceRelationId || class_id == AuthIdRelationId ||
		class_id == TableSpaceRelationId;
}

static void
note_altered(Oid class_id, Oid object_id, int sub_id)
{
	bool		renamed;

	/* of a new parent, and named by the child */
	if (class_id == InheritsRelationId)
		class_id = RelationRelationId;
	/* its second key is not looked at: they are few */
	if (class_id == DbRoleSettingRelationId)
	{
		note_object(class_id, object_id);
		return;
	}
	renamed = renamed_now(class_id, object_id, sub_id);
	if (renamed && is_named_by_many(class_id))
		note_everything();
	if (class_id == AuthIdRelationId || class_id == TableSpaceRelationId)
		return;
	note_object(class_id, object_id);
	if (renamed)
		note_dependents(class_id, object_id);
}

static void
touched_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	MemoryContext old_context,
				context;

	if (previous_object_access)
		previous_object_access(access, class_id, object_id, sub_id, arg);
	if (access == OAT_FUNCTION_EXECUTE || access == OAT_NAMESPACE_SEARCH ||
		access == OAT_TRUNCATE || !touched_is_noting())
		return;
	if (class_id == LargeObjectRelationId || class_id == DatabaseRelationId)
		return;

	context = AllocSetContextCreate(CurrentMemoryContext, "neon_migrate touched",
									ALLOCSET_SMALL_SIZES);
	old_context = MemoryContextSwitchTo(context);
	switch (access)
	{
		case OAT_POST_CREATE:
			note_created(class_id, object_id, sub_id,
						 arg && ((ObjectAccessPostCreate *) arg)->is_internal);
			break;
		case OAT_POST_ALTER:
			note_altered(class_id, object_id, sub_id);
			break;
		case OAT_DROP:
			note_object(class_id, object_id);
			if (class_id == RelationRelationId && sub_id > 0)
				note_views(object_id);
			if (class_id == OperatorRelationId)
			{
				/* they lose their link to it */
				note_object(class_id, get_commutator(object_id));
				note_object(class_id, get_negator(object_id));
			}
			break;
		default:
			break;
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Puts the hook in.  Called once, when the library is loaded.
 */
void
touched_init(void)
{
	previous_object_access = object_access_hook;
	object_access_hook = touched_object_access;
}

/*
 * Forgets what was noted, and goes on with an empty list.
 */
void
touched_next(void)
{
	HASHCTL		info = {.keysize = sizeof(ObjectAddress),.entrysize = sizeof(TouchedUnit)};
	MemoryContext old_context;

	MemoryContextReset(touched.context);
	touched.everything = false;
	info.hcxt = touched.context;
	touched.units = hash_create("neon_migrate touched", 16, &info,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	old_context = MemoryContextSwitchTo(touched.context);
	touched.before = palloc0(sizeof(SchemaSnapshot));
	MemoryContextSwitchTo(old_context);
}

/*
 * Begins to note what a migration touches.  If one failed before, what was
 * noted of it is forgotten.
 */
void
touched_begin(Oid own_schema)
{
	if (touched.context == NULL)
		touched.context = AllocSetContextCreate(TopMemoryContext, "neon_migrate touched units",
												ALLOCSET_DEFAULT_SIZES);
	touched.own_schema = own_schema;
	touched_next();
	touched.active = true;
}

/*
 * Ends noting.
 */
void
touched_end(void)
{
	touched.active = false;
	if (touched.context)
		MemoryContextReset(touched.context);
}

/*
 * Notes that a unit was touched when nobody noted it, and takes "before" for how
 * it was then.
 */
void
touched_assume(const SchemaUnit *before)
{
	MemoryContext old_context = MemoryContextSwitchTo(touched.context);
	ObjectAddress key;

	if (find_touched(before) == NULL)
	{
		ObjectAddressSet(key, before->class_id, before->object_id);
		(void) enter_unit(&key);
		if (before->rows > 0)
			snapshot_add_unit(touched.before, snapshot_copy_unit(before));
	}
	MemoryContextSwitchTo(old_context);
}

/*
 * Gives what was touched, as it was before and as it is now.  Good until
 * touched_next() or touched_end().  Returns false if nothing was touched.
 */
bool
touched_compare(Oid own_schema, Snapshot snapshot, SchemaSnapshot **before,
				SchemaSnapshot **after)
{
	HASH_SEQ_STATUS status;
	TouchedUnit *entry;
	List	   *addresses = NIL;

	if (hash_get_num_entries(touched.units) == 0 && !touched.everything)
		return false;
	if (touched.everything)
		*after = snapshot_take(own_schema, snapshot);
	else
	{
		hash_seq_init(&status, touched.units);
		while ((entry = hash_seq_search(&status)) != NULL)
			addresses = lappend(addresses, &entry->address);
		*after = snapshot_take_of(own_schema, snapshot, addresses);
	}
	*before = touched.before;
	for (int i = 0; i < (*after)->units; i++)
	{
		SchemaUnit *unit;

		entry = find_touched((*after)->unit[i]);
		if (entry == NULL || entry->added == NIL)
			continue;
		unit = snapshot_copy_unit((*after)->unit[i]);
		added_take_out(unit, entry->added);
		snapshot_add_unit(*before, unit);
	}
	return true;
}

/*
 * Was the unit declared as a whole, as by CREATE OR REPLACE?
 */
bool
touched_is_declared(const SchemaUnit *unit)
{
	TouchedUnit *entry = find_touched(unit);

	return entry && entry->declared;
}
