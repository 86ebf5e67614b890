/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  Tables, views, materialized views, sequences and foreign tables.
 *
 * What the catalogs say of each is loaded first, columns included, as
 * constraints, indexes and others name them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_type.h"
#include "commands/tablespace.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

typedef struct ToastOptions
{
	Oid			toast;			/* hash key */
	const char *options;
} ToastOptions;

/*
 * Returns what a relation of this kind is called, or NULL if it is no unit.
 */
static const char *
kind_of(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			return "table";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_SEQUENCE:
			return "sequence";
		case RELKIND_COMPOSITE_TYPE:
			return "type";
		default:
			return NULL;
	}
}

static bool
is_index(char relkind)
{
	return relkind == RELKIND_INDEX || relkind == RELKIND_PARTITIONED_INDEX;
}

/*
 * Remembers the options of a TOAST table, which are its table's.
 */
static void
load_toast(Collector *c, Oid toast, const char *options)
{
	ToastOptions *entry;

	if (options == NULL)
		return;
	if (c->toast_options == NULL)
	{
		HASHCTL		info = {.keysize = sizeof(Oid),.entrysize = sizeof(ToastOptions),
		.hcxt = c->context};

		c->toast_options = hash_create("neon_migrate toast", 64, &info,
									   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(c->toast_options, &toast, HASH_ENTER, NULL);
	entry->options = keep(c, options);
}

static void
load_variable_part(Collector *c, const CatalogScan *scan, HeapTuple tuple, RelationEntry *entry)
{
	bool		isnull;
	Datum		value;
	char	   *text;

	value = catalog_datum(scan, tuple, Anum_pg_class_relacl, &isnull);
	if (!isnull)
	{
		MemoryContext old_context = MemoryContextSwitchTo(c->context);

		entry->acl = DatumGetAclPCopy(value);
		MemoryContextSwitchTo(old_context);
	}
	value = catalog_datum(scan, tuple, Anum_pg_class_reloptions, &isnull);
	text = options_text(value, isnull, NULL);
	entry->options = text ? keep(c, text) : NULL;
	value = catalog_datum(scan, tuple, Anum_pg_class_relpartbound, &isnull);
	if (!isnull)
		entry->bound = keep(c, expression_from_datum(c, NULL, value));
}

static void
load_relation(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	const char *kind = kind_of(form->relkind);
	RelationEntry *entry;

	if (form->relkind == RELKIND_TOASTVALUE && form->relpersistence != RELPERSISTENCE_TEMP)
	{
		bool		isnull;
		Datum		value = catalog_datum(scan, tuple, Anum_pg_class_reloptions, &isnull);

		load_toast(c, form->oid, options_text(value, isnull, NULL));
		return;
	}
	if ((kind == NULL && !is_index(form->relkind)) || form->relpersistence == RELPERSISTENCE_TEMP ||
		schema_is_left_out(c, form->relnamespace) ||
		(kind && form->relkind != RELKIND_COMPOSITE_TYPE &&
		 is_left_out(c, RelationRelationId, form->oid)) ||
		(form->relkind == RELKIND_COMPOSITE_TYPE &&
		 is_left_out(c, TypeRelationId, form->reltype)))
		return;

	entry = relation_add(c, form->oid);
	entry->schema = name_of_schema(c, form->relnamespace);
	entry->plain_name = keep(c, NameStr(form->relname));
	entry->name = keep(c, quote_identifier(NameStr(form->relname)));
	entry->kind = form->relkind;
	entry->persistence = form->relpersistence;
	entry->replica_identity = form->relreplident;
	entry->row_security = form->relrowsecurity;
	entry->force_row_security = form->relforcerowsecurity;
	entry->is_partition = form->relispartition;
	entry->may_have_indexes = form->relhasindex;
	entry->may_have_triggers = form->relhastriggers;
	entry->may_have_rules = form->relhasrules;
	entry->owner = form->relowner;
	entry->type = form->reltype;
	entry->of_type = form->reloftype;
	entry->am = form->relam;
	entry->tablespace = form->reltablespace;
	entry->toast = form->reltoastrelid;
	entry->columns = form->relnatts;
	load_variable_part(c, scan, tuple, entry);
	/* an identity column's is a part of its table */
	if (kind && form->relkind != RELKIND_SEQUENCE)
		entry->unit = unit_begin(c, form->relkind == RELKIND_COMPOSITE_TYPE ?
								 TypeRelationId : RelationRelationId,
								 form->relkind == RELKIND_COMPOSITE_TYPE ? form->reltype : form->oid,
								 kind, psprintf("%s.%s", entry->schema, entry->name));
	MemoryContextReset(c->scratch);
}

/*
 * Loads pg_class.
 */
static void
load_all_classes(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_all(c, &scan, RelationRelationId);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
		load_relation(c, &scan, tuple);
	catalog_end(&scan);
}

/*
 * Loads these relations, which the cache often has.
 */
static void
load_cached_classes(Collector *c, List *oids)
{
	CatalogScan scan;
	ListCell   *cell;

	if (oids == NIL)
		return;
	scan.catalog = table_open(RelationRelationId, AccessShareLock);
	foreach(cell, oids)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));

		if (!HeapTupleIsValid(tuple))
			continue;
		load_relation(c, &scan, tuple);
		ReleaseSysCache(tuple);
	}
	table_close(scan.catalog, AccessShareLock);
}

typedef struct Parent
{
	Oid			child;
	int			number;
	const char *name;
} Parent;

static int
compare_parents(const ListCell *a, const ListCell *b)
{
	const Parent *x = lfirst(a);
	const Parent *y = lfirst(b);

	if (x->child != y->child)
		return x->child < y->child ? -1 : 1;
	return x->number - y->number;
}

static void
load_inheritance(Collector *c, List *oids)
{
	MemoryContext old_context;
	CatalogScan scan;
	HeapTuple	tuple;
	List	   *parents = NIL;
	ListCell   *cell;

	catalog_begin_of(c, &scan, InheritsRelationId, InheritsRelidSeqnoIndexId,
					 Anum_pg_inherits_inhrelid, oids);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);
		RelationEntry *entry = relation_find(c, form->inhrelid);
		Parent	   *parent;

		if (entry == NULL)
			continue;
		old_context = MemoryContextSwitchTo(c->context);
		parent = palloc(sizeof(Parent));
		parent->child = form->inhrelid;
		parent->number = form->inhseqno;
		parent->name = keep(c, psprintf("%s%s", name_of_relation(c, form->inhparent),
										form->inhdetachpending ? " (being detached)" : ""));
		parents = lappend(parents, parent);
		MemoryContextSwitchTo(old_context);
	}
	catalog_end(&scan);
	list_sort(parents, compare_parents);
	foreach(cell, parents)
	{
		Parent	   *parent = lfirst(cell);
		RelationEntry *entry = relation_find(c, parent->child);

		entry->parents = entry->parents ?
			keep(c, psprintf("%s, %s", entry->parents, parent->name)) : parent->name;
	}
}

static void
load_partition_keys(Collector *c, List *oids)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, PartitionedRelationId, PartitionedRelidIndexId,
					 Anum_pg_partitioned_table_partrelid, oids);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_partitioned_table form = (Form_pg_partitioned_table) GETSTRUCT(tuple);
		RelationEntry *entry = relation_find(c, form->partrelid);
		Datum		key;

		if (entry == NULL)
			continue;
		key = OidFunctionCall1(F_PG_GET_PARTKEYDEF, ObjectIdGetDatum(form->partrelid));
		entry->partition_key = keep(c, TextDatumGetCString(key));
	}
	catalog_end(&scan);
}

static void
load_foreign(Collector *c, List *oids)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, ForeignTableRelationId, ForeignTableRelidIndexId,
					 Anum_pg_foreign_table_ftrelid, oids);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_foreign_table form = (Form_pg_foreign_table) GETSTRUCT(tuple);
		RelationEntry *entry = relation_find(c, form->ftrelid);
		bool		isnull;
		Datum		options = catalog_datum(&scan, tuple, Anum_pg_foreign_table_ftoptions, &isnull);
		char	   *text = options_text(options, isnull, NULL);

		if (entry == NULL)
			continue;
		entry->foreign = keep(c, name_of(c, ForeignServerRelationId, form->ftserver));
		if (text)
			entry->options = keep(c, text);
	}
	catalog_end(&scan);
}

static bool
is_partitioned(const RelationEntry *entry)
{
	return entry->kind == RELKIND_PARTITIONED_TABLE;
}

static bool
is_foreign_table(const RelationEntry *entry)
{
	return entry->kind == RELKIND_FOREIGN_TABLE;
}

static bool
is_sequence(const RelationEntry *entry)
{
	return entry->kind == RELKIND_SEQUENCE;
}

/*
 * May it inherit?  Of tables only pg_inherits knows.
 */
static bool
may_be_heir(const RelationEntry *entry)
{
	return is_index(entry->kind) || entry->kind == RELKIND_PARTITIONED_TABLE ? entry->is_partition :
		entry->kind == RELKIND_RELATION || entry->kind == RELKIND_FOREIGN_TABLE;
}

/*
 * Loads relations and their columns.
 */
void
load_relations(Collector *c)
{
	if (c->whole)
		load_all_classes(c);
	else
		load_cached_classes(c, collector_scope(c, RelationRelationId));
	load_indexes(c);
	load_cached_classes(c, c->index_oids);
	load_columns(c);
	load_cached_classes(c, identity_sequences(c));
	load_sequences(c, relations_wanted(c, is_sequence));
	load_inheritance(c, relations_wanted(c, may_be_heir));
	load_partition_keys(c, relations_wanted(c, is_partitioned));
	load_foreign(c, relations_wanted(c, is_foreign_table));
}

static const char *
toast_options(Collector *c, Oid toast)
{
	ToastOptions *entry;
	HeapTuple	tuple;
	char	   *text = NULL;

	if (!OidIsValid(toast))
		return NULL;
	if (c->whole)
	{
		entry = c->toast_options ? hash_search(c->toast_options, &toast, HASH_FIND, NULL) : NULL;
		return entry ? entry->options : NULL;
	}
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(toast));
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);

		text = options_text(value, isnull, NULL);
		ReleaseSysCache(tuple);
	}
	return text;
}

/*
 * Writes in which order the columns are.  Those that a table inherits come
 * first when a dump is restored, whatever their order was.
 */
void
property_columns(Collector *c, const RelationEntry *entry)
{
	bool		is_heir = entry->parents && !entry->is_partition;
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; entry->column && i < entry->columns; i++)
		if (entry->column[i].name && !(is_heir && entry->column[i].from_parent))
			appendStringInfo(&names, "%s%s", names.len ? ", " : "", entry->column[i].name);
	property_value(c, "columns", names.data);
}

static void
property_replica_identity(Collector *c, const RelationEntry *entry)
{
	switch (entry->replica_identity)
	{
		case REPLICA_IDENTITY_FULL:
			property(c, "replica identity full");
			break;
		case REPLICA_IDENTITY_NOTHING:
			property(c, "replica identity nothing");
			break;
		case REPLICA_IDENTITY_INDEX:
			property(c, "replica identity index %s",
					 entry->replica_index ? entry->replica_index : "that was dropped");
			break;
	}
}

/*
 * Writes what only tables have.
 */
static void
property_table(Collector *c, const RelationEntry *entry)
{
	const char *toast = toast_options(c, entry->toast);

	property_columns(c, entry);
	if (OidIsValid(entry->of_type))
		property(c, "of type %s", name_of_type(c, entry->of_type, -1));
	if (entry->partition_key)
		property(c, "partition by %s", entry->partition_key);
	if (entry->is_partition)
		property(c, "partition of %s %s", entry->parents ? entry->parents : "nothing",
				 entry->bound ? entry->bound : "");
	else if (entry->parents)
		property(c, "inherits %s", entry->parents);
	if (entry->foreign)
		property(c, "server %s", entry->foreign);
	if (toast)
		property(c, "toast options %s", toast);
	if (entry->row_security)
		property(c, "row security enabled");
	if (entry->force_row_security)
		property(c, "row security forced");
	if (entry->kind != RELKIND_FOREIGN_TABLE)
		property_replica_identity(c, entry);
}

static void
property_view(Collector *c, const RelationEntry *entry)
{
	Datum		definition = OidFunctionCall1(F_PG_GET_VIEWDEF_OID, ObjectIdGetDatum(entry->oid));
	char	   *query = expression_normal(TextDatumGetCString(definition));
	size_t		length = strlen(query);

	if (length > 0 && query[length - 1] == ';')
		query[length - 1] = '\0';
	property(c, "query\n%s", query);
}

static void
describe_relation(Collector *c, const RelationEntry *entry)
{
	bool		sequence = is_sequence(entry);

	row_begin(c);
	if (entry->kind == RELKIND_VIEW || entry->kind == RELKIND_MATVIEW)
		property_view(c, entry);
	else if (sequence)
	{
		property_sequence(c, entry, "");
		if (entry->owned_by)
			property(c, "owned by %s", entry->owned_by);
	}
	else
		property_table(c, entry);
	if (entry->persistence == RELPERSISTENCE_UNLOGGED)
		property(c, "unlogged");
	if (OidIsValid(entry->am) && entry->am != HEAP_TABLE_AM_OID && !sequence)
		property(c, "access method %s", name_of(c, AccessMethodRelationId, entry->am));
	if (OidIsValid(entry->tablespace))
		property(c, "tablespace %s", quote_identifier(get_tablespace_name(entry->tablespace)));
	if (entry->options)
		property(c, "options %s", entry->options);
	property_owner(c, entry->owner);
	property_grants(c, sequence ? OBJECT_SEQUENCE : OBJECT_TABLE, entry->owner, entry->acl, "");
	property_notes(c, RelationRelationId, entry->oid, 0, "");
	unit_end(c, entry->unit);
}

/*
 * Describes the loaded relations; composite types are in type.c.
 */
void
describe_relations(Collector *c)
{
	ListCell   *cell;

	foreach(cell, c->relation_list)
	{
		RelationEntry *entry = lfirst(cell);

		if (entry->unit && entry->kind != RELKIND_COMPOSITE_TYPE)
			describe_relation(c, entry);
	}
}
