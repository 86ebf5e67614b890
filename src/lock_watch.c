/*-------------------------------------------------------------------------
 *
 * lock_watch.c
 *	  Which relations statements lock and rewrite.
 *
 * Looked at from inside the transaction, statement by statement.  Only relations
 * that were there before count, as nobody else waits for a new one, and only
 * those of users.  They are called what they were called before.
 *
 * Whoever writes to a table locks its indexes as well, and whoever reads it;
 * so of an index only a lock counts that nobody takes who merely uses it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "catalog_row.h"
#include "lock_watch.h"

struct LockWatch
{
	MemoryContext context;
	Snapshot	before;
	HTAB	   *relations;		/* WatchedRelation */
};

/*
 * Returns what LOCK TABLE calls a mode.
 */
const char *
lock_watch_mode_name(int mode)
{
	static const char *const names[] = {
		[NoLock] = "",
		[AccessShareLock] = "ACCESS SHARE",
		[RowShareLock] = "ROW SHARE",
		[RowExclusiveLock] = "ROW EXCLUSIVE",
		[ShareUpdateExclusiveLock] = "SHARE UPDATE EXCLUSIVE",
		[ShareLock] = "SHARE",
		[ShareRowExclusiveLock] = "SHARE ROW EXCLUSIVE",
		[ExclusiveLock] = "EXCLUSIVE",
		[AccessExclusiveLock] = "ACCESS EXCLUSIVE",
	};

	return names[mode];
}

static bool
is_index(char kind)
{
	return kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX;
}

/*
 * Fills in what a relation was before, if it is to be watched.
 */
static void
look_up(const LockWatch *watch, WatchedRelation *relation)
{
	HeapTuple	tuple = catalog_row(RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
									relation->oid, watch->before, NULL);
	Form_pg_class form;
	HeapTuple	schema;

	relation->name = NULL;
	relation->mode = NoLock;
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	if (form->relnamespace == PG_TOAST_NAMESPACE || form->relpersistence == RELPERSISTENCE_TEMP)
		return;
	schema = catalog_row(NamespaceRelationId, NamespaceOidIndexId, Anum_pg_namespace_oid,
						 form->relnamespace, watch->before, NULL);
	if (!HeapTupleIsValid(schema))
		return;
	relation->kind = form->relkind;
	relation->storage = form->relfilenode;
	relation->name = quote_qualified_identifier(NameStr(((Form_pg_namespace) GETSTRUCT(schema))->nspname),
												NameStr(form->relname));
}

static WatchedRelation *
find_relation(LockWatch *watch, Oid oid)
{
	bool		found;
	WatchedRelation *relation = hash_search(watch->relations, &oid, HASH_ENTER, &found);

	if (!found)
	{
		MemoryContext old_context = MemoryContextSwitchTo(watch->context);

		look_up(watch, relation);
		MemoryContextSwitchTo(old_context);
	}
	return relation;
}

/*
 * Returns the strongest mode in a mask.
 */
static int
strongest(LOCKMASK mask)
{
	int			mode = NoLock;

	for (int i = AccessShareLock; i <= AccessExclusiveLock; i++)
		if (mask & LOCKBIT_ON(i))
			mode = i;
	return mode;
}

/*
 * Updates what is locked.  Returns the relations that are locked, or locked more
 * strongly, since the last look.
 */
static List *
look_at_locks(LockWatch *watch)
{
	LockData   *data = GetLockStatusData();
	List	   *changed = NIL;

	for (int i = 0; i < data->nelements; i++)
	{
		const LockInstanceData *lock = &data->locks[i];
		WatchedRelation *relation;
		int			mode = strongest(lock->holdMask);

		if (lock->pid != MyProcPid || mode == NoLock ||
			lock->locktag.locktag_type != LOCKTAG_RELATION ||
			lock->locktag.locktag_field1 != MyDatabaseId ||
			lock->locktag.locktag_field2 < FirstNormalObjectId)
			continue;
		relation = find_relation(watch, lock->locktag.locktag_field2);
		if (relation->name == NULL || mode <= relation->mode ||
			(is_index(relation->kind) && mode <= RowExclusiveLock))
			continue;
		relation->mode = mode;
		changed = list_append_unique_ptr(changed, relation);
	}
	return changed;
}

/*
 * Returns the relations that have other files since the last look.  (Sequences
 * get new ones by ALTER SEQUENCE; there is nothing to rewrite in them.)
 */
static List *
look_at_files(LockWatch *watch)
{
	HASH_SEQ_STATUS status;
	WatchedRelation *relation;
	List	   *rewritten = NIL;

	hash_seq_init(&status, watch->relations);
	while ((relation = hash_seq_search(&status)) != NULL)
	{
		HeapTuple	tuple;

		if (relation->name == NULL || relation->mode < AccessExclusiveLock ||
			relation->kind == RELKIND_SEQUENCE)
			continue;
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation->oid));
		if (!HeapTupleIsValid(tuple))
			continue;
		if (((Form_pg_class) GETSTRUCT(tuple))->relfilenode != relation->storage)
		{
			relation->storage = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
			rewritten = lappend(rewritten, relation);
		}
		ReleaseSysCache(tuple);
	}
	return rewritten;
}

/*
 * Begins to watch.  "before" is a registered snapshot of how things were; it,
 * and the current memory context, must last as long as the watch.
 */
LockWatch *
lock_watch_begin(Snapshot before)
{
	HASHCTL		info = {.keysize = sizeof(Oid),.entrysize = sizeof(WatchedRelation),
	.hcxt = CurrentMemoryContext};
	LockWatch  *watch = palloc0(sizeof(LockWatch));

	watch->context = CurrentMemoryContext;
	watch->before = before;
	watch->relations = hash_create("neon_migrate lock watch", 64, &info,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	(void) look_at_locks(watch);
	return watch;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((WatchedRelation *) lfirst(a))->name, ((WatchedRelation *) lfirst(b))->name);
}

/*
 * Gives what has changed since the last look, or the beginning: relations
 * (WatchedRelation *) that are locked or locked more strongly, and those that
 * have been rewritten, by name.
 */
void
lock_watch_look(LockWatch *watch, List **locked, List **rewritten)
{
	*locked = look_at_locks(watch);
	*rewritten = look_at_files(watch);
	list_sort(*locked, compare_names);
	list_sort(*rewritten, compare_names);
}
