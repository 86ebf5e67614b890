/*-------------------------------------------------------------------------
 *
 * resume.c
 *	  Goes on with a step that was begun and not finished.
 *
 * A statement that refuses a transaction block may be found, after an error or
 * a crash, not to have begun, to have left something half-made, or to be done
 * without anybody having noted it.  Which of these it is, is seen from the
 * catalogs, with what resume_note() put down before the statement ran.
 *
 * What a broken concurrent build leaves is an INVALID index: under the name it
 * was to have, or with _ccnew or _ccold after that of the one being rebuilt.
 * An index that another session is building right now is INVALID, too; but
 * that session holds ShareUpdateExclusiveLock on the table, so once we hold
 * it, what is INVALID is a leftover.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_subscription.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/subscriptioncmds.h"
#include "commands/tablespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_target.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "resume.h"

/*
 * An index to drop.
 */
static List *
leftover(List *leftovers, Oid index)
{
	return lappend(leftovers, resume_drop_index(get_namespace_name(get_rel_namespace(index)),
												get_rel_name(index)));
}

/*
 * Returns the statement that drops an index while its table is in use.
 */
RawStmt *
resume_drop_index(const char *schema, const char *index)
{
	RawStmt    *raw = makeNode(RawStmt);
	DropStmt   *drop = makeNode(DropStmt);

	drop->objects = list_make1(list_make2(makeString(pstrdup(schema)),
										  makeString(pstrdup(index))));
	drop->removeType = OBJECT_INDEX;
	drop->behavior = DROP_RESTRICT;
	drop->missing_ok = true;
	drop->concurrent = true;
	raw->stmt = (Node *) drop;
	return raw;
}

static bool
is_valid_index(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool		valid;

	if (!HeapTupleIsValid(tuple))
		return false;
	valid = ((Form_pg_index) GETSTRUCT(tuple))->indisvalid;
	ReleaseSysCache(tuple);
	return valid;
}

/*
 * Is the object there that "stmt" creates or drops?  Only for those kinds of
 * statements that is_about_object().
 */
static bool
object_exists(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_CreatedbStmt:
			return OidIsValid(get_database_oid(((CreatedbStmt *) stmt)->dbname, true));
		case T_DropdbStmt:
			return OidIsValid(get_database_oid(((DropdbStmt *) stmt)->dbname, true));
		case T_CreateTableSpaceStmt:
			return OidIsValid(get_tablespace_oid(((CreateTableSpaceStmt *) stmt)->tablespacename, true));
		case T_DropTableSpaceStmt:
			return OidIsValid(get_tablespace_oid(((DropTableSpaceStmt *) stmt)->tablespacename, true));
		case T_CreateSubscriptionStmt:
			return OidIsValid(get_subscription_oid(((CreateSubscriptionStmt *) stmt)->subname, true));
		case T_DropSubscriptionStmt:
			return OidIsValid(get_subscription_oid(((DropSubscriptionStmt *) stmt)->subname, true));
		case T_DropStmt:
			{
				List	   *names = linitial(((DropStmt *) stmt)->objects);

				return OidIsValid(RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true));
			}
		default:
			elog(ERROR, "unexpected statement of type %d", (int) nodeTag(stmt));
	}
	return false;
}

/*
 * Does the statement create one object, or drop one?
 */
static bool
is_about_object(Node *stmt)
{
	return IsA(stmt, CreatedbStmt) || IsA(stmt, DropdbStmt) ||
		IsA(stmt, CreateTableSpaceStmt) || IsA(stmt, DropTableSpaceStmt) ||
		IsA(stmt, CreateSubscriptionStmt) || IsA(stmt, DropSubscriptionStmt) ||
		IsA(stmt, DropStmt);
}

/*
 * Adds the name that PostgreSQL takes for a column when it makes up the name
 * of an index: made unique, as in ChooseIndexNameColumns().
 */
static List *
add_column_name(List *names, const IndexElem *column)
{
	const char *name = column->name ? column->name : FigureIndexColname(column->expr);
	char	   *unique = pstrdup(name ? name : "expr");
	char	   *base = unique;

	for (int i = 1;; i++)
	{
		bool		taken = false;
		ListCell   *cell;
		char		number[16];

		foreach(cell, names)
			taken = taken || strcmp(lfirst(cell), unique) == 0;
		if (!taken)
			return lappend(names, unique);
		snprintf(number, sizeof(number), "%d", i);
		unique = psprintf("%.*s%s",
						  pg_mbcliplen(base, strlen(base), NAMEDATALEN - 1 - strlen(number)),
						  base, number);
	}
}

/*
 * Returns the name that PostgreSQL would choose for an index that has none, so
 * that it is known before the index is built.
 */
static char *
choose_index_name(const IndexStmt *stmt)
{
	Oid			table = RangeVarGetRelid(stmt->relation, AccessShareLock, false);
	List	   *columns = NIL;
	StringInfoData addition;
	ListCell   *cell;

	foreach(cell, stmt->indexParams)
		columns = add_column_name(columns, lfirst_node(IndexElem, cell));
	foreach(cell, stmt->indexIncludingParams)
		columns = add_column_name(columns, lfirst_node(IndexElem, cell));

	initStringInfo(&addition);
	foreach(cell, columns)
	{
		appendStringInfo(&addition, "%s%s", addition.len ? "_" : "", (char *) lfirst(cell));
		if (addition.len >= NAMEDATALEN)
			break;
	}
	return ChooseRelationName(get_rel_name(table), addition.data, "idx",
							  get_rel_namespace(table), false);
}

/*
 * Returns the index of that name on the table of the statement, or InvalidOid.
 */
static Oid
index_of_statement(const IndexStmt *stmt, LOCKMODE lockmode)
{
	Oid			table = RangeVarGetRelid(stmt->relation, lockmode, true);
	Oid			index;

	if (!OidIsValid(table))
		return InvalidOid;
	index = get_relname_relid(stmt->idxname, get_rel_namespace(table));
	if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX ||
		IndexGetRelation(index, true) != table)
		return InvalidOid;
	return index;
}

/*
 * Notes what is there before "stmt" runs, for resume_look(): whether the object
 * is there that it creates or drops; for an index without a name, the name
 * that it will have.  Returns NULL if there is nothing to note.
 */
char *
resume_note(Node *stmt)
{
	if (is_about_object(stmt))
		return object_exists(stmt) ? "there" : "not there";
	if (!IsA(stmt, IndexStmt))
		return NULL;
	if (((IndexStmt *) stmt)->idxname == NULL)
		return choose_index_name((IndexStmt *) stmt);
	return OidIsValid(index_of_statement((IndexStmt *) stmt, AccessShareLock)) ?
		"there" : "not there";
}

/*
 * Makes the statement follow the note: gives an index its name.
 */
void
resume_follow_note(Node *stmt, const char *note)
{
	if (IsA(stmt, IndexStmt) && ((IndexStmt *) stmt)->idxname == NULL)
		((IndexStmt *) stmt)->idxname = pstrdup(note);
}

/*
 * For a statement that creates or drops one object: it is finished if the
 * object came or went since.
 */
static ResumeAction
look_at_object(Node *stmt, const char *note)
{
	bool		was_there = note != NULL && strcmp(note, "there") == 0;

	return object_exists(stmt) == was_there ? RESUME_RUN : RESUME_FINISHED;
}

/*
 * CREATE INDEX CONCURRENTLY: the index by its name, unless that was there
 * before.
 */
static ResumeAction
look_at_create_index(IndexStmt *stmt, const char *note, List **leftovers)
{
	Oid			index = index_of_statement(stmt, ShareUpdateExclusiveLock);

	if (!OidIsValid(index) || (note != NULL && strcmp(note, "there") == 0))
		return RESUME_RUN;
	if (is_valid_index(index))
		return RESUME_FINISHED;
	*leftovers = leftover(*leftovers, index);
	return RESUME_RUN;
}

/*
 * Does an index, or what one of its tables is, belong to what REINDEX is to
 * rebuild?
 */
static bool
reindex_covers(ReindexStmt *stmt, Oid table, Oid toast_owner)
{
	Oid			target;
	Oid			root = OidIsValid(toast_owner) ? toast_owner : table;

	switch (stmt->kind)
	{
		case REINDEX_OBJECT_SCHEMA:
			return get_rel_namespace(root) == get_namespace_oid(stmt->name, true);
		case REINDEX_OBJECT_SYSTEM:
		case REINDEX_OBJECT_DATABASE:
			return true;
		default:
			target = RangeVarGetRelid(stmt->relation, NoLock, true);
			if (!OidIsValid(target))
				return false;
			if (get_rel_relkind(target) == RELKIND_INDEX ||
				get_rel_relkind(target) == RELKIND_PARTITIONED_INDEX)
				target = IndexGetRelation(target, true);
			return target == root ||
				(get_rel_relispartition(root) &&
				 list_member_oid(get_partition_ancestors(root), target));
	}
}

/*
 * Returns the table that a TOAST table belongs to, or InvalidOid.
 */
static Oid
owner_of_toast(Oid toast)
{
	Oid			owner;
	char	   *name = get_rel_name(toast);

	if (get_rel_relkind(toast) != RELKIND_TOASTVALUE || name == NULL ||
		sscanf(name, "pg_toast_%u", &owner) != 1)
		return InvalidOid;
	return owner;
}

/*
 * REINDEX CONCURRENTLY: the INVALID indexes with _ccnew or _ccold in their
 * names.  Rebuilding once more does no harm.
 */
static ResumeAction
look_at_reindex(ReindexStmt *stmt, List **leftovers)
{
	Relation	rel = table_open(IndexRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
		char	   *name;

		if (index->indisvalid)
			continue;
		name = get_rel_name(index->indexrelid);
		if (name == NULL || (strstr(name, "_ccnew") == NULL && strstr(name, "_ccold") == NULL) ||
			!reindex_covers(stmt, index->indrelid, owner_of_toast(index->indrelid)))
			continue;
		LockRelationOid(index->indrelid, ShareUpdateExclusiveLock);
		if (SearchSysCacheExists1(INDEXRELID, ObjectIdGetDatum(index->indexrelid)) &&
			!is_valid_index(index->indexrelid))
			*leftovers = leftover(*leftovers, index->indexrelid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return RESUME_RUN;
}

/*
 * DETACH PARTITION CONCURRENTLY: after its first transaction the partition is
 * marked, and the statement to finish with is another one.
 */
static ResumeAction
look_at_detach(AlterTableStmt *stmt)
{
	AlterTableCmd *command = linitial_node(AlterTableCmd, stmt->cmds);
	PartitionCmd *partition = (PartitionCmd *) command->def;
	Oid			child = RangeVarGetRelid(partition->name, NoLock, true);

	if (!OidIsValid(child) || !get_rel_relispartition(child))
		return RESUME_FINISHED;
	if (PartitionHasPendingDetach(child))
	{
		command->subtype = AT_DetachPartitionFinalize;
		partition->concurrent = false;
	}
	return RESUME_RUN;
}

/*
 * Says how to go on with "stmt", which was begun when resume_note() gave
 * "note".  Adds the statements to "leftovers" that clear away what it left.
 * Needs a transaction with a snapshot; may change "stmt".
 */
ResumeAction
resume_look(Node *stmt, const char *note, List **leftovers)
{
	resume_follow_note(stmt, note);
	if (is_about_object(stmt))
		return look_at_object(stmt, note);
	switch (nodeTag(stmt))
	{
		case T_IndexStmt:
			return look_at_create_index((IndexStmt *) stmt, note, leftovers);
		case T_ReindexStmt:
			return look_at_reindex((ReindexStmt *) stmt, leftovers);
		case T_AlterTableStmt:
			return look_at_detach((AlterTableStmt *) stmt);
		case T_DoStmt:
		case T_CallStmt:
			return RESUME_IMPOSSIBLE;
		default:
			/* VACUUM, CLUSTER, ALTER SYSTEM and the like can just be repeated */
			return RESUME_RUN;
	}
}

/*
 * For CREATE INDEX CONCURRENTLY IF NOT EXISTS, which skips an INVALID index as
 * if that would do: returns the statement that drops it, if there is one.
 */
List *
resume_invalid_index(Node *stmt)
{
	IndexStmt  *index_stmt = (IndexStmt *) stmt;
	List	   *leftovers = NIL;

	if (IsA(stmt, IndexStmt) && index_stmt->if_not_exists && index_stmt->idxname != NULL)
		(void) look_at_create_index(index_stmt, NULL, &leftovers);
	return leftovers;
}
