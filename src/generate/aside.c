/*-------------------------------------------------------------------------
 *
 * aside.c
 *	  Puts schemas aside, with empty ones in their place.
 *
 * All happens in a subtransaction that is always rolled back.  A schema is put
 * aside by giving it another name, which takes no lock on anything in it:
 * others read and write their tables as before, and do not see the name.  Only
 * who changes the schema itself, or makes something in it, waits until the
 * subtransaction ends.
 *
 * What belongs to extensions and lives in such a schema is moved to the empty
 * one, so that its name is still good.  It may belong to a superuser, if the
 * extension is a trusted one, so this is done with his rights: it does to names
 * what putting the schema aside did, and to a schema that is the caller's.  Of
 * tables and views only the name is moved, which needs no lock.
 *
 * Nothing here is a statement, so that event triggers do not see it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/alter.h"
#include "commands/comment.h"
#include "commands/dbcommands.h"
#include "commands/schemacmds.h"
#include "commands/tablecmds.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "generate/aside.h"
#include "subtransaction.h"

static Oid
schema_owner(Oid schema)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", schema);
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Raises 42501 unless the caller may put the schema aside.
 */
static void
check_rights(const char *name, Oid schema)
{
	if (!compat_owns_schema(schema))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of schema \"%s\" to build the desired schema", name),
				 errdetail("It is built under the same names, for which the schema that is there is put aside for a moment."),
				 errhint("Call migrate_generate() as a role that has the rights of \"%s\".",
						 GetUserNameFromId(schema_owner(schema), false))));
	if (!compat_may_create_in_database())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for database \"%s\"", get_database_name(MyDatabaseId)),
				 errdetail("To put schema \"%s\" aside for a moment needs the right to create schemas.", name),
				 errhint("GRANT CREATE ON DATABASE %s TO %s;",
						 quote_identifier(get_database_name(MyDatabaseId)),
						 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

/*
 * Gives the new schema the grants of the one that was put aside.
 */
static void
copy_grants(Oid from, Oid to)
{
	Relation	catalog = table_open(NamespaceRelationId, RowExclusiveLock);
	HeapTuple	old = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(from));
	HeapTuple	made = SearchSysCacheCopy1(NAMESPACEOID, ObjectIdGetDatum(to));
	Datum		values[Natts_pg_namespace] = {0};
	bool		nulls[Natts_pg_namespace] = {0};
	bool		replaces[Natts_pg_namespace] = {0};
	HeapTuple	changed;

	if (!HeapTupleIsValid(old) || !HeapTupleIsValid(made))
		elog(ERROR, "cache lookup failed for schema %u", HeapTupleIsValid(old) ? to : from);
	values[Anum_pg_namespace_nspacl - 1] =
		SysCacheGetAttr(NAMESPACEOID, old, Anum_pg_namespace_nspacl,
						&nulls[Anum_pg_namespace_nspacl - 1]);
	replaces[Anum_pg_namespace_nspacl - 1] = true;
	changed = heap_modify_tuple(made, RelationGetDescr(catalog), values, nulls, replaces);
	CatalogTupleUpdate(catalog, &changed->t_self, changed);
	ReleaseSysCache(old);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

/*
 * Puts one schema aside, and makes an empty one with the same owner, grants and
 * comment.
 */
static AsideSchema *
put_aside(const char *name, Oid schema)
{
	AsideSchema *aside = palloc0(sizeof(AsideSchema));
	Oid			made;

	aside->name = pstrdup(name);
	aside->oid = schema;
	aside->aside_name = psprintf("neon_migrate put aside %u", schema);
	(void) RenameSchema(name, aside->aside_name);
	CommandCounterIncrement();
	made = NamespaceCreate(name, schema_owner(schema), false);
	CommandCounterIncrement();
	copy_grants(schema, made);
	CreateComments(made, NamespaceRelationId, 0, GetComment(schema, NamespaceRelationId, 0));
	return aside;
}

/*
 * Does the object have a name in this schema of its own?
 */
static bool
may_move(const ObjectAddress *object, Oid schema)
{
	AttrNumber	column;
	HeapTuple	tuple;
	bool		isnull;
	Datum		in;

	if (object->classId == TypeRelationId)
	{
		Oid			relation = get_typ_typrelid(object->objectId);

		if (OidIsValid(relation) && get_rel_relkind(relation) != RELKIND_COMPOSITE_TYPE)
			return false;
	}
	column = get_object_attnum_namespace(object->classId);
	if (column == InvalidAttrNumber)
		return false;
	tuple = SearchSysCache1(get_object_catcache_oid(object->classId),
							ObjectIdGetDatum(object->objectId));
	if (!HeapTupleIsValid(tuple))
		return false;
	in = SysCacheGetAttr(get_object_catcache_oid(object->classId), tuple, column, &isnull);
	ReleaseSysCache(tuple);
	return !isnull && DatumGetObjectId(in) == schema;
}

static void
move_member(const ObjectAddress *object, Oid from, Oid to, ObjectAddresses *moved)
{
	Relation	catalog;

	if (object->classId != RelationRelationId)
		(void) AlterObjectNamespace_oid(object->classId, object->objectId, to, moved);
	else if (get_rel_relkind(object->objectId) != RELKIND_COMPOSITE_TYPE)
	{
		catalog = table_open(RelationRelationId, RowExclusiveLock);
		AlterRelationNamespaceInternal(catalog, object->objectId, from, to, true, moved);
		table_close(catalog, RowExclusiveLock);
	}
	CommandCounterIncrement();
}

/*
 * Moves what belongs to extensions from one schema to another.
 */
static void
move_members(Oid from, Oid to)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ObjectAddresses *moved = new_object_addresses();
	List	   *members = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	ListCell   *cell;
	Oid			user;
	int			security_context;

	ScanKeyInit(&key, Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ExtensionRelationId));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress *object = palloc(sizeof(ObjectAddress));

		ObjectAddressSet(*object, row->classid, row->objid);
		if (row->deptype == DEPENDENCY_EXTENSION && may_move(object, from))
			members = lappend(members, object);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);

	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, security_context | SECURITY_LOCAL_USERID_CHANGE);
	foreach(cell, members)
		move_member(lfirst(cell), from, to, moved);
	SetUserIdAndSecContext(user, security_context);
}

static List *
put_all_aside(List *schemas)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, schemas)
	{
		const char *name = lfirst(cell);
		Oid			oid = get_namespace_oid(name, true);

		if (!OidIsValid(oid))
			continue;
		check_rights(name, oid);
		result = lappend(result, put_aside(name, oid));
	}
	foreach(cell, result)
	{
		AsideSchema *aside = lfirst(cell);

		move_members(aside->oid, get_namespace_oid(aside->name, false));
	}
	return result;
}

/*
 * Calls "step" while those of the schemas that are there are put aside, and
 * undoes all that it did.  What it leaves in the caller's memory stays.
 */
void
aside_run(List *schemas, AsideStep step, void *argument)
{
	Subtransaction sub;

	subtransaction_begin(&sub);
	PG_TRY();
	{
		step(put_all_aside(schemas), argument);
		subtransaction_rollback(&sub);
	}
	PG_CATCH();
	{
		ReThrowError(subtransaction_catch(&sub));
	}
	PG_END_TRY();
}

List *
aside_oids(List *aside)
{
	List	   *oids = NIL;
	ListCell   *cell;

	foreach(cell, aside)
		oids = lappend_oid(oids, ((AsideSchema *) lfirst(cell))->oid);
	return oids;
}

/*
 * Returns the name of the schema put aside that the text names, or NULL.
 */
const char *
aside_name_in(List *aside, const char *text)
{
	ListCell   *cell;

	foreach(cell, aside)
		if (strstr(text, ((AsideSchema *) lfirst(cell))->aside_name))
			return ((AsideSchema *) lfirst(cell))->name;
	return NULL;
}

/*
 * Returns the text with the names that the schemas had before.
 */
char *
aside_put_back_names(List *aside, const char *text)
{
	char	   *result = pstrdup(text);
	ListCell   *cell;

	foreach(cell, aside)
	{
		AsideSchema *schema = lfirst(cell);
		const char *from = quote_identifier(schema->aside_name);
		const char *to = quote_identifier(schema->name);
		StringInfoData changed;
		char	   *p = result,
				   *found;

		if (strstr(result, from) == NULL)
			continue;
		initStringInfo(&changed);
		while ((found = strstr(p, from)) != NULL)
		{
			appendBinaryStringInfo(&changed, p, (int) (found - p));
			appendStringInfoString(&changed, to);
			p = found + strlen(from);
		}
		appendStringInfoString(&changed, p);
		result = changed.data;
	}
	return result;
}
