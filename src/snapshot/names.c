/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Names of objects, looked up once each.
 *
 * All names are quoted where they need it, and qualified unless they are in
 * pg_catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "snapshot/names.h"

typedef struct NameKey
{
	Oid			class_id;
	Oid			object_id;
} NameKey;

typedef struct NameEntry
{
	NameKey		key;
	const char *name;
	bool		left_out;		/* of a schema */
} NameEntry;

typedef struct TypeKey
{
	Oid			type;
	int32		typmod;
} TypeKey;

typedef struct TypeEntry
{
	TypeKey		key;
	TypeNote	note;
} TypeEntry;

typedef struct OpclassEntry
{
	NameKey		key;			/* operator class and type */
	const char *name;			/* "" if it is the default one */
} OpclassEntry;

static HTAB *
new_table(Collector *c, Size keysize, Size entrysize)
{
	HASHCTL		info = {.keysize = keysize,.entrysize = entrysize,.hcxt = c->context};

	return hash_create("neon_migrate names", c->whole ? 1024 : 16, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static NameEntry *
find_name(Collector *c, Oid class_id, Oid object_id, bool *found)
{
	NameKey		key = {class_id, object_id};

	if (c->names == NULL)
		c->names = new_table(c, sizeof(NameKey), sizeof(NameEntry));
	return hash_search(c->names, &key, HASH_ENTER, found);
}

static NameEntry *
find_schema(Collector *c, Oid schema)
{
	bool		found;
	NameEntry  *entry;

	if (c->last_schema && c->last_schema->key.object_id == schema)
		return c->last_schema;
	entry = find_name(c, NamespaceRelationId, schema, &found);
	if (!found)
	{
		char	   *name = get_namespace_name(schema);

		entry->left_out = name == NULL || strncmp(name, "pg_", 3) == 0 ||
			strcmp(name, "information_schema") == 0 ||
			list_member_oid(c->hidden_schemas, schema);
		entry->name = name ? keep(c, quote_identifier(name)) : NULL;
	}
	return c->last_schema = entry;
}

/*
 * Returns the name of a schema.
 */
const char *
name_of_schema(Collector *c, Oid schema)
{
	const char *name = find_schema(c, schema)->name;

	if (name == NULL)
		collector_raise_gone("schema", schema);
	return name;
}

/*
 * Is what is in the schema no part of the snapshot?
 */
bool
schema_is_left_out(Collector *c, Oid schema)
{
	return find_schema(c, schema)->left_out;
}

const char *
name_qualified(Collector *c, Oid schema, const char *name)
{
	if (schema == PG_CATALOG_NAMESPACE)
		return pstrdup(quote_identifier(name));
	return psprintf("%s.%s", name_of_schema(c, schema), quote_identifier(name));
}

/*
 * Returns the name of a role, PUBLIC for 0.
 */
const char *
name_of_role(Collector *c, Oid role)
{
	bool		found;
	NameEntry  *entry = find_name(c, AuthIdRelationId, role, &found);

	if (!found)
	{
		char	   *name = OidIsValid(role) ? GetUserNameFromId(role, true) : NULL;

		entry->name = !OidIsValid(role) ? "PUBLIC" :
			name ? keep(c, quote_identifier(name)) : "a dropped role";
	}
	return entry->name;
}

static TypeEntry *
find_type(Collector *c, Oid type, int32 typmod)
{
	TypeKey		key = {type, typmod};
	TypeEntry  *entry;
	bool		found;

	if (c->types == NULL)
		c->types = new_table(c, sizeof(TypeKey), sizeof(TypeEntry));
	entry = hash_search(c->types, &key, HASH_ENTER, &found);
	if (!found)
	{
		HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));

		if (!HeapTupleIsValid(tuple))
			collector_raise_gone("type", type);
		entry->note.collation = ((Form_pg_type) GETSTRUCT(tuple))->typcollation;
		entry->note.storage = ((Form_pg_type) GETSTRUCT(tuple))->typstorage;
		ReleaseSysCache(tuple);
		entry->note.name = keep(c, format_type_with_typemod(type, typmod));
	}
	return entry;
}

const char *
name_of_type(Collector *c, Oid type, int32 typmod)
{
	return OidIsValid(type) ? find_type(c, type, typmod)->note.name : "none";
}

Oid
default_collation_of(Collector *c, Oid type)
{
	return find_type(c, type, -1)->note.collation;
}

const TypeNote *
type_note(Collector *c, Oid type, int32 typmod)
{
	return &find_type(c, type, typmod)->note;
}

/*
 * Returns the name of an object of any other class that has one, with its
 * arguments if it is a function or an operator.
 */
const char *
name_of(Collector *c, Oid class_id, Oid object_id)
{
	bool		found;
	NameEntry  *entry;
	AttrNumber	schema_column;
	HeapTuple	tuple;
	int			cache;
	Datum		name;
	bool		isnull;

	if (class_id == RelationRelationId)
		return name_of_relation(c, object_id);
	entry = find_name(c, class_id, object_id, &found);
	if (found && entry->name)
		return entry->name;
	entry->name = NULL;
	if (class_id == ProcedureRelationId)
		return entry->name = keep(c, format_procedure(object_id));
	if (class_id == OperatorRelationId)
		return entry->name = keep(c, format_operator(object_id));

	cache = get_object_catcache_oid(class_id);
	schema_column = get_object_attnum_namespace(class_id);
	tuple = SearchSysCache1(cache, ObjectIdGetDatum(object_id));
	if (!HeapTupleIsValid(tuple))
		collector_raise_gone("object", object_id);
	name = SysCacheGetAttr(cache, tuple, get_object_attnum_name(class_id), &isnull);
	if (schema_column == InvalidAttrNumber)
		entry->name = keep(c, quote_identifier(NameStr(*DatumGetName(name))));
	else
	{
		Datum		schema = SysCacheGetAttr(cache, tuple, schema_column, &isnull);

		entry->name = keep(c, name_qualified(c, DatumGetObjectId(schema),
											 NameStr(*DatumGetName(name))));
	}
	ReleaseSysCache(tuple);
	return entry->name;
}

const char *
name_of_relation(Collector *c, Oid relation)
{
	RelationEntry *entry = relation_find(c, relation);
	char	   *name;

	if (entry)
		return psprintf("%s.%s", entry->schema, entry->name);
	name = get_rel_name(relation);
	if (name == NULL)
		collector_raise_gone("relation", relation);
	return name_qualified(c, get_rel_namespace(relation), name);
}

const char *
name_of_column(Collector *c, Oid relation, AttrNumber column)
{
	RelationEntry *entry = relation_find(c, relation);

	if (entry && entry->column && column > 0 && column <= entry->columns &&
		entry->column[column - 1].name)
		return entry->column[column - 1].name;
	return quote_identifier(get_attname(relation, column, false));
}

/*
 * Returns " " and the name of an operator class; "" if it is the one that
 * columns of the type get by default.
 */
const char *
name_of_opclass(Collector *c, Oid opclass, Oid type)
{
	NameKey		key = {opclass, type};
	OpclassEntry *entry;
	HeapTuple	tuple;
	Form_pg_opclass form;
	const char *name = "";
	bool		found;

	if (c->opclasses == NULL)
		c->opclasses = new_table(c, sizeof(NameKey), sizeof(OpclassEntry));
	entry = hash_search(c->opclasses, &key, HASH_ENTER, &found);
	if (found)
		return entry->name;
	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	if (!HeapTupleIsValid(tuple))
		collector_raise_gone("operator class", opclass);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	/* the most common cases first: looking for the default one takes long */
	if (!(form->opcdefault && (form->opcintype == type ||
							   (form->opcintype == TEXTOID && type == VARCHAROID))) &&
		(!OidIsValid(type) || GetDefaultOpClass(type, form->opcmethod) != opclass))
		name = psprintf(" %s", name_qualified(c, form->opcnamespace, NameStr(form->opcname)));
	ReleaseSysCache(tuple);
	return entry->name = keep(c, name);
}
