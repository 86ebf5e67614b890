/*-------------------------------------------------------------------------
 *
 * guard_objects.c
 *	  Which objects a DDL statement has changed.
 *
 * The server tells an event trigger, by two functions, which are called here
 * without SQL: they need no right, and nothing in between is anybody's.  Beyond
 * what they return this finds the parts of a table that ALTER TABLE names and
 * the objects of a GRANT.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attnum.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "tcop/deparse_utility.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/aclchk_internal.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/formatting.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "guard_former.h"
#include "guard_log.h"
#include "guard_objects.h"
#include "settings.h"

/*
 * What a set-returning function returned, row by row.
 */
typedef struct Rows
{
	ReturnSetInfo info;
	TupleTableSlot *slot;
} Rows;

/*
 * Calls one of the server's functions that return rows and take no arguments.
 */
static Rows *
call(Oid function)
{
	LOCAL_FCINFO(fcinfo, 0);
	Rows	   *rows = palloc0(sizeof(Rows));
	FmgrInfo	flinfo;

	fmgr_info(function, &flinfo);
	rows->info.type = T_ReturnSetInfo;
	rows->info.econtext = CreateStandaloneExprContext();
	rows->info.allowedModes = SFRM_Materialize;
	InitFunctionCallInfoData(*fcinfo, &flinfo, 0, InvalidOid, NULL, (Node *) &rows->info);
	FunctionCallInvoke(fcinfo);
	rows->slot = MakeSingleTupleTableSlot(rows->info.setDesc, &TTSOpsMinimalTuple);
	return rows;
}

static bool
next_row(Rows *rows)
{
	return tuplestore_gettupleslot(rows->info.setResult, true, false, rows->slot);
}

static Datum
column(Rows *rows, const char *name, bool *isnull)
{
	return slot_getattr(rows->slot, SPI_fnumber(rows->info.setDesc, name), isnull);
}

static char *
text_column(Rows *rows, const char *name)
{
	bool		isnull;
	Datum		value = column(rows, name, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static bool
bool_column(Rows *rows, const char *name)
{
	bool		isnull;

	return DatumGetBool(column(rows, name, &isnull));
}

static void
end_rows(Rows *rows)
{
	ExecDropSingleTupleTableSlot(rows->slot);
	tuplestore_end(rows->info.setResult);
	FreeExprContext(rows->info.econtext, true);
}

/*
 * Returns the identity as it is with quote_all_identifiers off, so that an
 * object has one identity whoever changes it.
 */
static char *
plain_identity(char *identity)
{
	StringInfoData result;
	int			nest;

	if (!quote_all_identifiers)
		return identity;
	initStringInfo(&result);
	nest = NewGUCNestLevel();
	settings_pin("quote_all_identifiers", "off");
	for (const char *p = identity; *p;)
	{
		if (*p == '"')
		{
			StringInfoData name;

			initStringInfo(&name);
			for (p++; *p && (*p != '"' || p[1] == '"'); p++)
			{
				if (*p == '"')
					p++;
				appendStringInfoChar(&name, *p);
			}
			if (*p)
				p++;
			appendStringInfoString(&result, quote_identifier(name.data));
		}
		else
			appendStringInfoChar(&result, *p++);
	}
	AtEOXact_GUC(false, nest);
	return result.data;
}

static GuardObject *
new_object(char *type, char *identity, const char *command, bool temporary)
{
	GuardObject *object = palloc0(sizeof(GuardObject));

	object->type = type;
	object->identity = plain_identity(identity);
	object->command = command;
	object->temporary = temporary;
	return object;
}

/*
 * Is "name" how a session's own temporary schema appears?
 */
static bool
is_temp_name(const char *name)
{
	return name != NULL && strcmp(name, "pg_temp") == 0;
}

static bool
is_dropped_column(const ObjectAddress *address)
{
	HeapTuple	tuple;
	bool		dropped;

	if (address->classId != RelationRelationId || address->objectSubId == 0)
		return false;
	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(address->objectId),
							Int16GetDatum(address->objectSubId));
	if (!HeapTupleIsValid(tuple))
		return true;
	dropped = ((Form_pg_attribute) GETSTRUCT(tuple))->attisdropped;
	ReleaseSysCache(tuple);
	return dropped;
}

/*
 * Adds the publication whose list an object is an entry of, if it is one.  The
 * server names only the entry.
 */
static List *
add_publication(List *objects, const GuardObject *entry)
{
	const char *in = strstr(entry->identity, " in publication ");

	if (in == NULL || strncmp(entry->type, "publication ", 12) != 0)
		return objects;
	return lappend(objects, new_object(pstrdup("publication"),
									   pstrdup(in + strlen(" in publication ")),
									   entry->command, false));
}

/*
 * Is it a statistics object on a temporary table?  Its schema may be another.
 */
static bool
is_temp_statistics(const ObjectAddress *address)
{
	HeapTuple	tuple;
	Oid			relation;

	if (address->classId != StatisticExtRelationId)
		return false;
	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(address->objectId));
	if (!HeapTupleIsValid(tuple))
		return false;
	relation = ((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxrelid;
	ReleaseSysCache(tuple);
	return get_rel_persistence(relation) == RELPERSISTENCE_TEMP;
}

/*
 * Adds an object by its address, unless it is gone.
 */
static List *
add_address(List *objects, const ObjectAddress *address, const char *command)
{
	List	   *names = NIL;
	List	   *arguments = NIL;
	GuardObject *object;
	char	   *identity;

	if (!OidIsValid(address->objectId) || is_dropped_column(address))
		return objects;
	identity = getObjectIdentityParts(address, &names, &arguments, true);
	if (identity == NULL)
		return objects;
	/* a temporary type has its schema in its only name */
	object = new_object(getObjectTypeDescription(address, true), identity, command,
						(names != NIL && is_temp_name(linitial(names))) ||
						strncmp(identity, "pg_temp.", 8) == 0 || is_temp_statistics(address));
	return add_publication(lappend(objects, object), object);
}

/*
 * Returns the catalog of the objects of a GRANT, or InvalidOid.
 */
static Oid
grant_class(ObjectType type)
{
	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
			return RelationRelationId;
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			return ProcedureRelationId;
		case OBJECT_SCHEMA:
			return NamespaceRelationId;
		case OBJECT_TYPE:
		case OBJECT_DOMAIN:
			return TypeRelationId;
		case OBJECT_LANGUAGE:
			return LanguageRelationId;
		case OBJECT_LARGEOBJECT:
			return LargeObjectRelationId;
		case OBJECT_FDW:
			return ForeignDataWrapperRelationId;
		case OBJECT_FOREIGN_SERVER:
			return ForeignServerRelationId;
		default:
			return InvalidOid;
	}
}

/*
 * Adds what GRANT or REVOKE was about: the objects, and columns.
 */
static List *
add_grant(List *objects, const InternalGrant *grant, const char *command)
{
	ObjectAddress address = {.classId = grant_class(grant->objtype)};
	ListCell   *cell;

	if (!OidIsValid(address.classId))
		return objects;
	foreach(cell, grant->objects)
	{
		ListCell   *privilege,
				   *name;

		address.objectId = lfirst_oid(cell);
		address.objectSubId = 0;
		objects = add_address(objects, &address, command);
		foreach(privilege, grant->col_privs)
		{
			foreach(name, lfirst_node(AccessPriv, privilege)->cols)
			{
				address.objectSubId = get_attnum(address.objectId, strVal(lfirst(name)));
				if (address.objectSubId != InvalidAttrNumber)
					objects = add_address(objects, &address, command);
			}
		}
	}
	return objects;
}

/*
 * Adds default privileges of one role, in one schema or, if that is NULL, in
 * all, under the name that the server gives them.
 */
static List *
add_default_acl(List *objects, const char *role, const char *schema, const char *kind,
				const char *command)
{
	char	   *identity = psprintf("for role %s", quote_identifier(role));

	if (schema)
		identity = psprintf("%s in schema %s", identity, quote_identifier(schema));
	return lappend(objects, new_object("default acl", psprintf("%s on %s", identity, kind),
									   command, false));
}

/*
 * Adds what ALTER DEFAULT PRIVILEGES was about.
 */
static List *
add_default_acls(List *objects, AlterDefaultPrivilegesStmt *stmt, const char *kind,
				 const char *command)
{
	List	   *roles = NIL;
	List	   *schemas = NIL;
	ListCell   *cell,
			   *schema;

	foreach(cell, stmt->options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "roles") == 0)
			roles = (List *) option->arg;
		else if (strcmp(option->defname, "schemas") == 0)
			schemas = (List *) option->arg;
	}
	if (roles == NIL)
		roles = list_make1(NULL);
	if (schemas == NIL)
		schemas = list_make1(NULL);
	foreach(cell, roles)
	{
		RoleSpec   *role = lfirst(cell);
		Oid			role_oid = role ? get_rolespec_oid(role, true) : GetUserId();
		char	   *role_name = GetUserNameFromId(role_oid, true);

		if (role_name == NULL)
			continue;
		foreach(schema, schemas)
			objects = add_default_acl(objects, role_name,
									  lfirst(schema) ? strVal(lfirst(schema)) : NULL, kind, command);
	}
	return objects;
}

/*
 * Adds the columns, constraints and so on that ALTER TABLE named.
 */
static List *
add_parts(List *objects, const CollectedCommand *command, const char *tag)
{
	ListCell   *cell;

	foreach(cell, command->d.alterTable.subcmds)
	{
		const ObjectAddress *address = &((CollectedATSubcmd *) lfirst(cell))->address;

		if (address->classId != command->d.alterTable.classId ||
			address->objectId != command->d.alterTable.objectId || address->objectSubId != 0)
			objects = add_address(objects, address, tag);
	}
	return objects;
}

/*
 * Adds the name that the object had before RENAME or SET SCHEMA, if it is
 * known, as that of an object that is no more.
 */
static List *
add_former(List *objects, const CollectedCommand *command, const char *tag)
{
	const ObjectAddress *address = &command->d.simple.address;
	List	   *names = NIL;
	List	   *arguments = NIL;
	char	   *identity = getObjectIdentityParts(address, &names, &arguments, true);
	char	   *former = identity ? guard_former_identity(command, identity, names) : NULL;
	GuardObject *object;

	if (former == NULL)
		return objects;
	object = new_object(getObjectTypeDescription(address, true), former, tag,
						names != NIL && is_temp_name(linitial(names)));
	object->dropped = true;
	return lappend(objects, object);
}

/*
 * Returns the objects that the statement created or altered, as GuardObjects.
 * For a ddl_command_end trigger.
 */
List *
guard_objects_changed(void)
{
	Rows	   *rows = call(F_PG_EVENT_TRIGGER_DDL_COMMANDS);
	List	   *objects = NIL;

	while (next_row(rows))
	{
		bool		isnull;
		CollectedCommand *command =
			(CollectedCommand *) DatumGetPointer(column(rows, "command", &isnull));
		char	   *tag = text_column(rows, "command_tag");
		ObjectAddress address;

		if (command->type == SCT_Grant)
		{
			objects = add_grant(objects, command->d.grant.istmt, tag);
			continue;
		}
		if (command->type == SCT_AlterDefaultPrivileges)
		{
			char	   *kind = text_column(rows, "object_type");

			kind = asc_tolower(kind, strlen(kind));
			objects = add_default_acls(objects, (AlterDefaultPrivilegesStmt *) command->parsetree,
									   kind, tag);
			continue;
		}
		address.classId = DatumGetObjectId(column(rows, "classid", &isnull));
		address.objectId = DatumGetObjectId(column(rows, "objid", &isnull));
		address.objectSubId = DatumGetInt32(column(rows, "objsubid", &isnull));
		objects = add_address(objects, &address, tag);
		if (command->type == SCT_AlterTable)
			objects = add_parts(objects, command, tag);
		else if (command->type == SCT_Simple)
			objects = add_former(objects, command, tag);
	}
	end_rows(rows);
	return objects;
}

/*
 * Returns the names that the address of a dropped object consists of.
 */
static List *
address_names(Rows *rows)
{
	bool		isnull;
	Datum		value = column(rows, "address_names", &isnull);
	List	   *result = NIL;
	Datum	   *names;
	int			count;

	if (isnull)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
					  &names, NULL, &count);
	for (int i = 0; i < count; i++)
		result = lappend(result, TextDatumGetCString(names[i]));
	return result;
}

/*
 * Is a dropped object not worth a word of its own?  Those are what the server
 * had made for another one: TOAST tables, the type of a table's rows, triggers
 * of a foreign key, the rule of a view.
 */
static bool
is_internal(const char *type, const char *schema, List *names)
{
	const char *name = names == NIL ? "" : llast(names);

	return strcmp(type, "type") == 0 || (schema && strcmp(schema, "pg_toast") == 0) ||
		(strcmp(type, "trigger") == 0 && strncmp(name, "RI_ConstraintTrigger_", 21) == 0) ||
		(strcmp(type, "rule") == 0 && strcmp(name, "_RETURN") == 0);
}

/*
 * Returns the objects that the statement dropped, as GuardObjects.  For a
 * sql_drop trigger.
 */
List *
guard_objects_dropped(const char *command)
{
	Rows	   *rows = call(F_PG_EVENT_TRIGGER_DROPPED_OBJECTS);
	List	   *objects = NIL;
	List	   *dependents = NIL;
	bool		all_temporary = true;
	ListCell   *cell;

	while (next_row(rows))
	{
		char	   *schema = text_column(rows, "schema_name");
		char	   *type = text_column(rows, "object_type");
		char	   *identity = text_column(rows, "object_identity");
		List	   *names = address_names(rows);
		bool		dependent = !bool_column(rows, "original") && !bool_column(rows, "normal");
		GuardObject *object;

		if (identity == NULL || ((dependent || strcmp(type, "rule") == 0) &&
								 is_internal(type, schema, names)))
			continue;
		object = new_object(type, identity, command,
							bool_column(rows, "is_temporary") || is_temp_name(schema) ||
							(names != NIL && is_temp_name(linitial(names))));
		object->dropped = true;
		objects = add_publication(lappend(objects, object), object);
		if (dependent)
			dependents = lappend(dependents, object);
		else
			all_temporary = all_temporary && object->temporary;
	}
	end_rows(rows);

	/* what goes with a temporary table is as temporary */
	foreach(cell, dependents)
		if (all_temporary)
			((GuardObject *) lfirst(cell))->temporary = true;
	return objects;
}
