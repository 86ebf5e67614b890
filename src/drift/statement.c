/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Notes what a statement is about to change where object_access_hook is
 *	  not called, or only when it is too late.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "drift/statement.h"
#include "drift/touched.h"

/*
 * Notes an object that a statement names.  If it is not there, the statement
 * says so itself.
 */
static ObjectAddress
address_named(ObjectType type, Node *object)
{
	Relation	relation = NULL;
	ObjectAddress address;

	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_FOREIGN_TABLE:
		case OBJECT_INDEX:
		case OBJECT_SEQUENCE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
			/* with no lock: the statement takes the one it needs */
			ObjectAddressSet(address, RelationRelationId,
							 RangeVarGetRelid(makeRangeVarFromNameList((List *) object),
											  NoLock, true));
			return address;
		default:
			/* OWNER TO, RENAME and SET SCHEMA have the bare name of a type */
			if ((type == OBJECT_TYPE || type == OBJECT_DOMAIN) && IsA(object, List))
				object = (Node *) makeTypeNameFromNameList((List *) object);
			address = get_object_address(type, object, &relation, AccessShareLock, true);
			if (relation)
				table_close(relation, NoLock);
			return address;
	}
}

static void
note_named(ObjectType type, Node *object)
{
	ObjectAddress address = address_named(type, object);

	note_object(address.classId, address.objectId);
}

static Oid
relation_named(RangeVar *name)
{
	return name ? RangeVarGetRelid(name, NoLock, true) : InvalidOid;
}

/*
 * Notes what a DROP names, and with CASCADE all that goes with it.  The hook
 * is called for each, but when others that it refers to may be gone.
 */
static void
note_dropped(DropStmt *stmt)
{
	ListCell   *cell;

	if (stmt->behavior == DROP_CASCADE &&
		(stmt->removeType == OBJECT_SCHEMA || stmt->removeType == OBJECT_EXTENSION))
	{
		note_everything();
		return;
	}
	foreach(cell, stmt->objects)
	{
		ObjectAddress address = address_named(stmt->removeType, lfirst(cell));

		note_object(address.classId, address.objectId);
		if (stmt->behavior == DROP_CASCADE && OidIsValid(address.objectId))
			note_all_dependents(address.classId, address.objectId);
	}
}

/*
 * Notes what is of that class in a schema.
 */
static void
note_all_in_schema(Oid class_id, AttrNumber schema_column, AttrNumber oid_column, Oid schema)
{
	Relation	catalog = table_open(class_id, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *oids = NIL;
	ListCell   *cell;

	ScanKeyInit(&key, schema_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
	scan = systable_beginscan(catalog, InvalidOid, false, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		oid = heap_getattr(tuple, oid_column, RelationGetDescr(catalog), &isnull);

		oids = lappend_oid(oids, DatumGetObjectId(oid));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	foreach(cell, oids)
	{
		/* those of a table are found from the table */
		char		kind = class_id == RelationRelationId ?
			get_rel_relkind(lfirst_oid(cell)) : RELKIND_RELATION;

		if (kind != RELKIND_INDEX && kind != RELKIND_PARTITIONED_INDEX)
			note_object(class_id, lfirst_oid(cell));
	}
}

static void
note_granted(GrantStmt *stmt)
{
	bool		routines = stmt->objtype == OBJECT_FUNCTION || stmt->objtype == OBJECT_PROCEDURE ||
		stmt->objtype == OBJECT_ROUTINE;
	ListCell   *cell;

	foreach(cell, stmt->objects)
	{
		Node	   *object = lfirst(cell);

		if (stmt->targtype == ACL_TARGET_ALL_IN_SCHEMA)
		{
			Oid			schema = get_namespace_oid(strVal(object), true);

			if (routines)
				note_all_in_schema(ProcedureRelationId, Anum_pg_proc_pronamespace,
								   Anum_pg_proc_oid, schema);
			else
				note_all_in_schema(RelationRelationId, Anum_pg_class_relnamespace,
								   Anum_pg_class_oid, schema);
		}
		else if (IsA(object, RangeVar))
			note_object(RelationRelationId, relation_named((RangeVar *) object));
		else if (routines)
			note_object(ProcedureRelationId,
						LookupFuncWithArgs(stmt->objtype, (ObjectWithArgs *) object, true));
		else if (stmt->objtype == OBJECT_TYPE || stmt->objtype == OBJECT_DOMAIN)
			note_named(OBJECT_TYPE, (Node *) makeTypeNameFromNameList((List *) object));
		else if (stmt->objtype == OBJECT_SCHEMA || stmt->objtype == OBJECT_LANGUAGE ||
				 stmt->objtype == OBJECT_FDW || stmt->objtype == OBJECT_FOREIGN_SERVER)
			note_named(stmt->objtype, object);
	}
}

/*
 * Notes a relation with all that inherits from it, and what it is attached to.
 */
static void
note_family(Oid relation, bool ancestors)
{
	Oid			table = relation;
	ListCell   *cell;

	if (!OidIsValid(relation))
		return;
	note_object(RelationRelationId, relation);
	if (has_subclass(relation))
		foreach(cell, find_all_inheritors(relation, NoLock, NULL))
			note_object(RelationRelationId, lfirst_oid(cell));
	if (ancestors && get_rel_relispartition(table))
		foreach(cell, get_partition_ancestors(table))
			note_object(RelationRelationId, lfirst_oid(cell));
}

/*
 * Is it an ordinary table, and no other has to follow what is done to it?
 */
static bool
is_alone(Oid relation)
{
	return OidIsValid(relation) && get_rel_relkind(relation) == RELKIND_RELATION &&
		!has_subclass(relation);
}

/*
 * Does the statement add columns and nothing else?  Then the hook tells all.
 */
static bool
only_adds_columns(AlterTableStmt *stmt)
{
	ListCell   *cell,
			   *constraint;

	if (stmt->objtype != OBJECT_TABLE)
		return false;
	foreach(cell, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		if (command->subtype != AT_AddColumn)
			return false;
		foreach(constraint, ((ColumnDef *) command->def)->constraints)
		{
			ConstrType	type = lfirst_node(Constraint, constraint)->contype;

			if (type != CONSTR_NULL && type != CONSTR_NOTNULL && type != CONSTR_DEFAULT)
				return false;
		}
	}
	return true;
}

static void
note_alter_table(AlterTableStmt *stmt)
{
	Oid			relation = relation_named(stmt->relation);
	ListCell   *cell;
	bool		ancestors = false;
	bool		sequences = false;

	if (is_alone(relation) && only_adds_columns(stmt))
		return;
	foreach(cell, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		if (command->subtype == AT_AttachPartition || command->subtype == AT_DetachPartition)
		{
			ancestors = true;
			note_family(relation_named(((PartitionCmd *) command->def)->name), false);
		}
		if (command->subtype == AT_SetLogged || command->subtype == AT_SetUnLogged)
			sequences = true;
	}
	note_family(relation, ancestors);
	if (sequences && OidIsValid(relation))
		foreach(cell, getOwnedSequences(relation))
			note_object(RelationRelationId, lfirst_oid(cell));
}

/*
 * A new value of an enum changes nothing that refers to it; another name does.
 */
static void
note_alter_enum(AlterEnumStmt *stmt)
{
	Oid			type;

	if (stmt->oldVal == NULL)
		return;
	type = LookupTypeNameOid(NULL, makeTypeNameFromNameList(stmt->typeName), true);
	if (OidIsValid(type))
		note_dependents(TypeRelationId, type);
}

/*
 * Notes the operators of these options that will be linked back to the one of
 * the statement, whose arguments are given.
 */
static void
note_partners(List *options, TypeName *left, TypeName *right)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);
		ObjectWithArgs *partner = makeNode(ObjectWithArgs);

		if (option->arg && strcmp(option->defname, "commutator") == 0)
			partner->objargs = list_make2(right, left);
		else if (option->arg && strcmp(option->defname, "negator") == 0)
			partner->objargs = list_make2(left, right);
		else
			continue;
		partner->objname = defGetQualifiedName(option);
		note_named(OBJECT_OPERATOR, (Node *) partner);
	}
}

static void
note_create_operator(DefineStmt *stmt)
{
	TypeName   *left = NULL,
			   *right = NULL;
	ListCell   *cell;

	foreach(cell, stmt->definition)
	{
		DefElem    *option = lfirst(cell);

		if (option->arg && strcmp(option->defname, "leftarg") == 0)
			left = defGetTypeName(option);
		else if (option->arg && strcmp(option->defname, "rightarg") == 0)
			right = defGetTypeName(option);
	}
	note_partners(stmt->definition, left, right);
}

static void
note_alter_operator(AlterOperatorStmt *stmt)
{
	note_named(OBJECT_OPERATOR, (Node *) stmt->opername);
	note_partners(stmt->options, linitial(stmt->opername->objargs),
				  lsecond(stmt->opername->objargs));
}

/*
 * Notes what an ALTER names, but for tables.  Many make their change visible
 * before they call the hook.
 */
static void
note_alter(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_AlterPublicationStmt:
			note_named(OBJECT_PUBLICATION,
					   (Node *) makeString(((AlterPublicationStmt *) stmt)->pubname));
			break;
		case T_AlterSubscriptionStmt:
			note_named(OBJECT_SUBSCRIPTION,
					   (Node *) makeString(((AlterSubscriptionStmt *) stmt)->subname));
			break;
		case T_AlterTSConfigurationStmt:
			note_named(OBJECT_TSCONFIGURATION,
					   (Node *) ((AlterTSConfigurationStmt *) stmt)->cfgname);
			break;
		case T_AlterTSDictionaryStmt:
			note_named(OBJECT_TSDICTIONARY, (Node *) ((AlterTSDictionaryStmt *) stmt)->dictname);
			break;
		case T_AlterOpFamilyStmt:
			note_named(OBJECT_OPFAMILY,
					   (Node *) lcons(makeString(((AlterOpFamilyStmt *) stmt)->amname),
									  list_copy(((AlterOpFamilyStmt *) stmt)->opfamilyname)));
			break;
		case T_DefineStmt:
			if (((DefineStmt *) stmt)->kind == OBJECT_OPERATOR)
				note_create_operator((DefineStmt *) stmt);
			break;
		case T_AlterOperatorStmt:
			note_alter_operator((AlterOperatorStmt *) stmt);
			break;
		case T_AlterTypeStmt:
			note_named(OBJECT_TYPE,
					   (Node *) makeTypeNameFromNameList(((AlterTypeStmt *) stmt)->typeName));
			break;
		case T_AlterDomainStmt:
			note_named(OBJECT_TYPE,
					   (Node *) makeTypeNameFromNameList(((AlterDomainStmt *) stmt)->typeName));
			break;
		case T_AlterFunctionStmt:
			note_named(((AlterFunctionStmt *) stmt)->objtype,
					   (Node *) ((AlterFunctionStmt *) stmt)->func);
			break;
		case T_AlterStatsStmt:
			note_named(OBJECT_STATISTIC_EXT, (Node *) ((AlterStatsStmt *) stmt)->defnames);
			break;
		case T_AlterEventTrigStmt:
			note_named(OBJECT_EVENT_TRIGGER,
					   (Node *) makeString(((AlterEventTrigStmt *) stmt)->trigname));
			break;
		case T_AlterFdwStmt:
			note_named(OBJECT_FDW, (Node *) makeString(((AlterFdwStmt *) stmt)->fdwname));
			break;
		case T_AlterForeignServerStmt:
			note_named(OBJECT_FOREIGN_SERVER,
					   (Node *) makeString(((AlterForeignServerStmt *) stmt)->servername));
			break;
		case T_AlterOwnerStmt:
			note_named(((AlterOwnerStmt *) stmt)->objectType, ((AlterOwnerStmt *) stmt)->object);
			break;
		default:
			break;
	}
}

/*
 * Notes the relation that a statement names, with those that inherit from it.
 */
static void
note_relation(RangeVar *name)
{
	note_family(relation_named(name), false);
}

static void
note_statement(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_GrantStmt:
			note_granted((GrantStmt *) stmt);
			break;
		case T_DropStmt:
			note_dropped((DropStmt *) stmt);
			break;
		case T_CommentStmt:
			if (((CommentStmt *) stmt)->objtype != OBJECT_DATABASE)
				note_named(((CommentStmt *) stmt)->objtype, ((CommentStmt *) stmt)->object);
			break;
		case T_SecLabelStmt:
			if (((SecLabelStmt *) stmt)->objtype != OBJECT_DATABASE)
				note_named(((SecLabelStmt *) stmt)->objtype, ((SecLabelStmt *) stmt)->object);
			break;
		case T_AlterTableStmt:
			note_alter_table((AlterTableStmt *) stmt);
			break;
		case T_IndexStmt:
			/* on a partitioned table, it takes in those of the partitions */
			if (!is_alone(relation_named(((IndexStmt *) stmt)->relation)))
				note_relation(((IndexStmt *) stmt)->relation);
			break;
		case T_CreateTrigStmt:
			note_relation(((CreateTrigStmt *) stmt)->relation);
			break;
		case T_RenameStmt:
			note_relation(((RenameStmt *) stmt)->relation);
			break;
		case T_AlterSeqStmt:
			note_relation(((AlterSeqStmt *) stmt)->sequence);
			break;
		case T_CreatePolicyStmt:
			note_relation(((CreatePolicyStmt *) stmt)->table);
			break;
		case T_AlterPolicyStmt:
			note_relation(((AlterPolicyStmt *) stmt)->table);
			break;
		case T_RuleStmt:
			note_relation(((RuleStmt *) stmt)->relation);
			break;
		case T_AlterEnumStmt:
			note_alter_enum((AlterEnumStmt *) stmt);
			break;
		case T_AlterExtensionContentsStmt:
			note_named(((AlterExtensionContentsStmt *) stmt)->objtype,
					   ((AlterExtensionContentsStmt *) stmt)->object);
			break;
		case T_AlterObjectSchemaStmt:
			if (((AlterObjectSchemaStmt *) stmt)->objectType == OBJECT_EXTENSION)
				note_everything();
			break;
		case T_AlterExtensionStmt:
		case T_DropOwnedStmt:
		case T_ReassignOwnedStmt:
			note_everything();
			break;
		default:
			note_alter(stmt);
			break;
	}
}

/*
 * Looks at a utility statement that is about to run.
 */
void
statement_see_utility(Node *stmt)
{
	if (touched_is_noting())
		note_statement(stmt);
}
