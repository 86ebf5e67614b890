/*-------------------------------------------------------------------------
 *
 * guard_target.c
 *	  Which objects a statement is about, before it runs.
 *
 * DDL that changes only temporary objects, or nothing (IF NOT EXISTS), is never
 * refused.  For sure that is known only when the statement is done, and then a
 * long index build, a lock that others wait for or a commit in the middle
 * cannot be spared any more.  So beforehand all those are found that are
 * surely about something else.
 *
 * Names are looked up without a lock: who changes them in the meantime at most
 * gets the answer later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"

#include "guard_target.h"

/*
 * Can there be temporary objects in this session?
 */
static bool
has_temp_schema(void)
{
	Oid			temp_namespace,
				toast_namespace;

	GetTempNamespaceState(&temp_namespace, &toast_namespace);
	return OidIsValid(temp_namespace);
}

static bool
is_temp_schema(const char *name)
{
	Oid			schema;

	if (strcmp(name, "pg_temp") == 0)
		return true;
	schema = get_namespace_oid(name, true);
	return OidIsValid(schema) && isTempNamespace(schema);
}

/*
 * Is an object without a schema of its own name created in the temporary one?
 */
static bool
creates_temp_by_default(void)
{
	List	   *path = fetch_search_path(false);

	return path != NIL && isTempNamespace(linitial_oid(path));
}

/*
 * Is the relation temporary, or not there?
 */
static bool
relation_is_harmless(RangeVar *name)
{
	Oid			relation;

	if (name == NULL)
		return has_temp_schema();
	relation = RangeVarGetRelid(name, NoLock, true);
	return !OidIsValid(relation) || get_rel_persistence(relation) == RELPERSISTENCE_TEMP;
}

static bool
names_are_harmless(List *names)
{
	return relation_is_harmless(makeRangeVarFromNameList(names));
}

/*
 * Is the relation to be created temporary, or there already and that is fine?
 */
static bool
creation_is_harmless(RangeVar *name, bool if_not_exists)
{
	if (name->relpersistence == RELPERSISTENCE_TEMP)
		return true;
	if (name->schemaname ? is_temp_schema(name->schemaname) : creates_temp_by_default())
		return true;
	return if_not_exists &&
		OidIsValid(get_relname_relid(name->relname, RangeVarGetCreationNamespace(name)));
}

/*
 * Is the object of these names one that can be temporary?  For kinds that are
 * quick to make and to undo.
 */
static bool
object_is_harmless(List *names)
{
	return has_temp_schema() || creates_temp_by_default() ||
		(list_length(names) > 1 && is_temp_schema(strVal(list_nth(names, list_length(names) - 2))));
}

static bool
index_is_harmless(IndexStmt *stmt)
{
	Oid			relation = RangeVarGetRelid(stmt->relation, NoLock, true);

	if (!OidIsValid(relation) || get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
		return true;
	return stmt->if_not_exists && stmt->idxname &&
		OidIsValid(get_relname_relid(stmt->idxname, get_rel_namespace(relation)));
}

static bool
drop_is_harmless(DropStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->objects)
	{
		Node	   *object = lfirst(cell);
		bool		harmless;

		switch (stmt->removeType)
		{
			case OBJECT_TABLE:
			case OBJECT_SEQUENCE:
			case OBJECT_VIEW:
			case OBJECT_MATVIEW:
			case OBJECT_INDEX:
			case OBJECT_FOREIGN_TABLE:
				harmless = names_are_harmless((List *) object);
				break;
			case OBJECT_TRIGGER:
			case OBJECT_RULE:
			case OBJECT_POLICY:
				harmless = list_length((List *) object) < 2 ||
					names_are_harmless(list_truncate(list_copy((List *) object),
													 list_length((List *) object) - 1));
				break;
			case OBJECT_SCHEMA:
				harmless = !OidIsValid(get_namespace_oid(strVal(object), true));
				break;
			case OBJECT_EXTENSION:
				harmless = !OidIsValid(get_extension_oid(strVal(object), true));
				break;
			default:
				harmless = stmt->missing_ok || has_temp_schema();
				break;
		}
		if (!harmless)
			return false;
	}
	return true;
}

static bool
grant_is_harmless(GrantStmt *stmt)
{
	ListCell   *cell;

	if (stmt->targtype != ACL_TARGET_OBJECT)
		return false;
	if (stmt->objtype != OBJECT_TABLE && stmt->objtype != OBJECT_SEQUENCE)
		return has_temp_schema();
	foreach(cell, stmt->objects)
		if (!relation_is_harmless(lfirst_node(RangeVar, cell)))
			return false;
	return true;
}

/*
 * Statements that create something.
 */
static bool
create_is_harmless(Node *stmt, bool *known)
{
	*known = true;
	switch (nodeTag(stmt))
	{
		case T_CreateStmt:
		case T_CreateForeignTableStmt:
			return creation_is_harmless(((CreateStmt *) stmt)->relation,
										((CreateStmt *) stmt)->if_not_exists);
		case T_CreateTableAsStmt:
			return creation_is_harmless(((CreateTableAsStmt *) stmt)->into->rel,
										((CreateTableAsStmt *) stmt)->if_not_exists);
		case T_CreateSeqStmt:
			return creation_is_harmless(((CreateSeqStmt *) stmt)->sequence,
										((CreateSeqStmt *) stmt)->if_not_exists);
		case T_ViewStmt:
			/* a view of a temporary table is temporary */
			return has_temp_schema() || creation_is_harmless(((ViewStmt *) stmt)->view, false);
		case T_CompositeTypeStmt:
			return creation_is_harmless(((CompositeTypeStmt *) stmt)->typevar, false);
		case T_IndexStmt:
			return index_is_harmless((IndexStmt *) stmt);
		case T_CreateTrigStmt:
			return relation_is_harmless(((CreateTrigStmt *) stmt)->relation);
		case T_RuleStmt:
			return relation_is_harmless(((RuleStmt *) stmt)->relation);
		case T_CreatePolicyStmt:
			return relation_is_harmless(((CreatePolicyStmt *) stmt)->table);
		case T_CreateStatsStmt:
			return ((CreateStatsStmt *) stmt)->if_not_exists || has_temp_schema();
		case T_CreateEnumStmt:
			return object_is_harmless(((CreateEnumStmt *) stmt)->typeName);
		case T_CreateRangeStmt:
			return object_is_harmless(((CreateRangeStmt *) stmt)->typeName);
		case T_CreateDomainStmt:
			return object_is_harmless(((CreateDomainStmt *) stmt)->domainname);
		case T_CreateFunctionStmt:
			return object_is_harmless(((CreateFunctionStmt *) stmt)->funcname);
		case T_DefineStmt:
			return ((DefineStmt *) stmt)->if_not_exists ||
				object_is_harmless(((DefineStmt *) stmt)->defnames);
		case T_CreateSchemaStmt:
			return ((CreateSchemaStmt *) stmt)->if_not_exists &&
				((CreateSchemaStmt *) stmt)->schemaname &&
				OidIsValid(get_namespace_oid(((CreateSchemaStmt *) stmt)->schemaname, true));
		case T_CreateExtensionStmt:
			return ((CreateExtensionStmt *) stmt)->if_not_exists &&
				OidIsValid(get_extension_oid(((CreateExtensionStmt *) stmt)->extname, true));
		case T_CreateForeignServerStmt:
			return ((CreateForeignServerStmt *) stmt)->if_not_exists;
		case T_CreateUserMappingStmt:
			return ((CreateUserMappingStmt *) stmt)->if_not_exists;
		default:
			*known = false;
			return false;
	}
}

/*
 * Can it be that the statement changes only temporary objects, or nothing?
 * Kinds that are not named here cannot.
 */
bool
guard_may_be_harmless(Node *stmt)
{
	bool		known;
	bool		harmless = create_is_harmless(stmt, &known);

	if (known)
		return harmless;
	switch (nodeTag(stmt))
	{
		case T_AlterTableStmt:
			return relation_is_harmless(((AlterTableStmt *) stmt)->relation);
		case T_AlterSeqStmt:
			return relation_is_harmless(((AlterSeqStmt *) stmt)->sequence);
		case T_AlterPolicyStmt:
			return relation_is_harmless(((AlterPolicyStmt *) stmt)->table);
		case T_RenameStmt:
			return relation_is_harmless(((RenameStmt *) stmt)->relation);
		case T_AlterObjectSchemaStmt:
			return relation_is_harmless(((AlterObjectSchemaStmt *) stmt)->relation);
		case T_AlterOwnerStmt:
			return relation_is_harmless(((AlterOwnerStmt *) stmt)->relation);
		case T_AlterObjectDependsStmt:
			return relation_is_harmless(((AlterObjectDependsStmt *) stmt)->relation);
		case T_DropStmt:
			return drop_is_harmless((DropStmt *) stmt);
		case T_GrantStmt:
			return grant_is_harmless((GrantStmt *) stmt);
		case T_AlterFunctionStmt:
		case T_AlterDomainStmt:
		case T_AlterEnumStmt:
		case T_AlterTypeStmt:
		case T_AlterStatsStmt:
		case T_CommentStmt:
		case T_SecLabelStmt:
			return has_temp_schema();
		default:
			return false;
	}
}
