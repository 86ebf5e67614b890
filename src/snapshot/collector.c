/*-------------------------------------------------------------------------
 *
 * collector.c
 *	  Reads catalogs, and writes rows, for a snapshot of the schema.
 *
 * The catalogs are read directly and in whole, each once, under one MVCC
 * snapshot: looking up object by object, as the server's own deparse functions
 * do, takes ten times as long.  The same collectors describe single objects;
 * then each catalog is read through an index.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/relscan.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "snapshot/collector.h"

/*
 * The relations by OID.  There are many, and they are looked up often.
 */
typedef struct RelationSlot
{
	Oid			oid;
	char		status;
	RelationEntry *entry;
} RelationSlot;

#define SH_PREFIX relation
#define SH_ELEMENT_TYPE RelationSlot
#define SH_KEY_TYPE Oid
#define SH_KEY oid
#define SH_HASH_KEY(table, key) murmurhash32(key)
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define ARENA_SIZE (64 * 1024)

/*
 * Returns the OIDs of the objects of a class to be described, unless all are.
 */
List *
collector_scope(const Collector *c, Oid class_id)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);
	List	   *oids = NIL;
	ListCell   *cell;

	foreach(cell, c->addresses)
	{
		ObjectAddress *address = lfirst(cell);

		if (address->classId == class_id)
			oids = lappend_oid(oids, address->objectId);
	}
	MemoryContextSwitchTo(old_context);
	return oids;
}

/*
 * Begins a scan of a whole catalog.
 */
void
catalog_begin_all(Collector *c, CatalogScan *scan, Oid catalog)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);

	scan->catalog = table_open(catalog, AccessShareLock);
	scan->context = c->context;
	scan->snapshot = c->snapshot;
	scan->scan = NULL;
	scan->heap = table_beginscan_strat(scan->catalog, c->snapshot, 0, NULL, true, false);
	MemoryContextSwitchTo(old_context);
}

/*
 * Begins a scan of the rows that have one of "oids" in column "key", the first
 * of the index; of all rows, if all is described.
 */
void
catalog_begin_of(Collector *c, CatalogScan *scan, Oid catalog, Oid index, AttrNumber key,
				 List *oids)
{
	if (c->whole)
	{
		catalog_begin_all(c, scan, catalog);
		return;
	}
	scan->heap = NULL;
	scan->context = c->context;
	scan->catalog = NULL;
	scan->scan = NULL;
	scan->reading = false;
	scan->oids = oids;
	scan->next = 0;
	if (oids == NIL)
		return;
	scan->catalog = table_open(catalog, AccessShareLock);
	/* many catalogs are empty in most databases */
	if (scan->catalog->rd_rel->relpages <= 0 && RelationGetNumberOfBlocks(scan->catalog) == 0)
		scan->oids = NIL;
	scan->index = index;
	scan->key = key;
	scan->snapshot = c->snapshot;
}

/*
 * Begins a scan of the rows of the objects to be described, whose class is the
 * catalog itself.
 */
void
catalog_begin(Collector *c, CatalogScan *scan, Oid catalog, Oid index, AttrNumber key)
{
	catalog_begin_of(c, scan, catalog, index, key,
					 c->whole ? NIL : collector_scope(c, catalog));
}

/*
 * Begins a scan of the rows that have "oid" in column "key", the first of the
 * index.
 */
void
catalog_begin_one(Collector *c, CatalogScan *scan, Oid catalog, Oid index, AttrNumber key,
				  Oid oid)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);
	bool		whole = c->whole;

	c->whole = false;
	catalog_begin_of(c, scan, catalog, index, key, list_make1_oid(oid));
	c->whole = whole;
	MemoryContextSwitchTo(old_context);
}

/*
 * Lets a scan that has come to its end go on with the rows that have "oid" in
 * its key.
 */
void
catalog_go_on(CatalogScan *scan, Oid oid)
{
	MemoryContext old_context = MemoryContextSwitchTo(scan->context);

	/* if the catalog is empty, it stays at its end */
	if (scan->oids != NIL)
		scan->oids = lappend_oid(scan->oids, oid);
	MemoryContextSwitchTo(old_context);
}

/*
 * Begins to read the rows of one object.  To begin anew where the index is open
 * already takes half the time.
 */
static void
read_rows_of(CatalogScan *scan, Oid oid)
{
	ScanKeyData key;

	if (scan->scan && scan->scan->iscan)
	{
		ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
		index_rescan(scan->scan->iscan, &key, 1, NULL, 0);
	}
	else
	{
		/* without its index, a catalog is read from its beginning */
		if (scan->scan)
			systable_endscan(scan->scan);
		ScanKeyInit(&key, scan->key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
		scan->scan = systable_beginscan(scan->catalog, scan->index, OidIsValid(scan->index),
										scan->snapshot, 1, &key);
	}
	scan->reading = true;
}

/*
 * Returns the next row, good until the next call, or NULL.
 */
HeapTuple
catalog_next(CatalogScan *scan)
{
	MemoryContext old_context;
	HeapTuple	tuple;

	CHECK_FOR_INTERRUPTS();
	/* catalogs are heaps, and there are many rows */
	if (scan->heap)
		return heap_getnext(scan->heap, ForwardScanDirection);

	/* an index scan allocates when it needs to, and must outlast rows */
	old_context = MemoryContextSwitchTo(scan->context);
	for (;;)
	{
		tuple = scan->reading ? systable_getnext(scan->scan) : NULL;
		scan->reading = HeapTupleIsValid(tuple);
		if (scan->reading || scan->next >= list_length(scan->oids))
			break;
		read_rows_of(scan, list_nth_oid(scan->oids, scan->next++));
	}
	MemoryContextSwitchTo(old_context);
	return tuple;
}

void
catalog_end(CatalogScan *scan)
{
	if (scan->heap)
		table_endscan(scan->heap);
	if (scan->scan)
		systable_endscan(scan->scan);
	if (scan->catalog)
		table_close(scan->catalog, AccessShareLock);
}

Datum
catalog_datum(const CatalogScan *scan, HeapTuple tuple, AttrNumber column, bool *isnull)
{
	return heap_getattr(tuple, column, RelationGetDescr(scan->catalog), isnull);
}

/*
 * Returns a text column, or NULL.
 */
char *
catalog_text(const CatalogScan *scan, HeapTuple tuple, AttrNumber column)
{
	bool		isnull;
	Datum		value = catalog_datum(scan, tuple, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * Adds a relation that has not been loaded yet.
 */
RelationEntry *
relation_add(Collector *c, Oid oid)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);
	RelationSlot *slot;
	bool		found;

	if (c->relations == NULL)
		c->relations = relation_create(c->context, c->whole ? 4096 : 16, NULL);
	slot = relation_insert(c->relations, oid, &found);
	if (!found)
	{
		slot->entry = palloc0(sizeof(RelationEntry));
		slot->entry->oid = oid;
		c->relation_list = lappend(c->relation_list, slot->entry);
	}
	MemoryContextSwitchTo(old_context);
	return slot->entry;
}

/*
 * Returns a loaded relation, or NULL.
 */
RelationEntry *
relation_find(const Collector *c, Oid oid)
{
	RelationSlot *slot = c->relations ? relation_lookup(c->relations, oid) : NULL;

	return slot ? slot->entry : NULL;
}

/*
 * Returns the OIDs of those of the loaded relations that are "wanted", unless
 * all is described.
 */
List *
relations_wanted(const Collector *c, RelationFilter is_wanted)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);
	List	   *oids = NIL;
	ListCell   *cell;

	if (!c->whole)
		foreach(cell, c->relation_list)
		{
			const RelationEntry *entry = lfirst(cell);

			if (is_wanted(entry))
				oids = lappend_oid(oids, entry->oid);
		}
	MemoryContextSwitchTo(old_context);
	return oids;
}

/*
 * Returns a copy of the string that lasts as long as the snapshot.
 */
char *
keep(Collector *c, const char *string)
{
	Size		size = strlen(string) + 1;
	char	   *copy;

	if (size > c->arena_left)
	{
		if (size > ARENA_SIZE / 8)
			return memcpy(MemoryContextAllocHuge(c->context, size), string, size);
		c->arena = MemoryContextAlloc(c->context, ARENA_SIZE);
		c->arena_left = ARENA_SIZE;
	}
	copy = memcpy(c->arena, string, size);
	c->arena += size;
	c->arena_left -= size;
	return copy;
}

/*
 * Begins a unit.  Its own row is reserved; unit_end() writes it, and rows of
 * its parts may come before.
 */
SchemaUnit *
unit_begin(Collector *c, Oid class_id, Oid object_id, const char *kind, const char *identity)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);
	SchemaUnit *unit = palloc0(sizeof(SchemaUnit));

	unit->class_id = class_id;
	unit->object_id = object_id;
	unit->kind = kind;
	unit->identity = keep(c, identity);
	snapshot_add_row(unit, kind, "", "");
	snapshot_add_unit(c->result, unit);
	MemoryContextSwitchTo(old_context);
	return unit;
}

/*
 * Begins the definition of a row.
 */
void
row_begin(Collector *c)
{
	resetStringInfo(&c->text);
}

/*
 * Begins a property; returns where.
 */
static int
property_begin(StringInfo text)
{
	if (text->len > 0)
		appendStringInfoChar(text, '\n');
	return text->len;
}

/*
 * Ends a property that began at "start": its further lines begin with a tab.
 */
static void
property_end(StringInfo text, int start)
{
	char	   *copy;

	if (memchr(text->data + start, '\n', text->len - start) == NULL)
		return;
	copy = pnstrdup(text->data + start, text->len - start);
	text->len = start;
	for (char *p = copy; *p; p++)
	{
		appendStringInfoChar(text, *p);
		if (*p == '\n')
			appendStringInfoChar(text, '\t');
	}
	pfree(copy);
}

/*
 * Adds a property to the definition.
 */
void
property(Collector *c, const char *format,...)
{
	int			start = property_begin(&c->text);

	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&c->text, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&c->text, needed);
	}
	property_end(&c->text, start);
}

/*
 * The same for "key value", which most are, without reading a format.
 */
void
property_value(Collector *c, const char *key, const char *value)
{
	int			start = property_begin(&c->text);

	appendStringInfoString(&c->text, key);
	appendStringInfoChar(&c->text, ' ');
	appendStringInfoString(&c->text, value);
	property_end(&c->text, start);
}

static void
free_scratch(Collector *c)
{
	MemoryContextReset(c->scratch);
}

/*
 * Ends the definition of a part of the unit.  The name is quoted; "part" is the
 * number of a column, or the OID of anything else.
 */
void
row_end(Collector *c, SchemaUnit *unit, const char *kind, const char *name, Oid part)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);

	snapshot_add_row(unit, kind, keep(c, name), keep(c, c->text.data))->part = part;
	MemoryContextSwitchTo(old_context);
	free_scratch(c);
}

/*
 * Ends the definition of the unit itself.
 */
void
unit_end(Collector *c, SchemaUnit *unit)
{
	unit->row[0].definition = keep(c, c->text.data);
	free_scratch(c);
}

/*
 * Raises 40001: what the snapshot refers to is not there any more.  Names are
 * looked up in the server's caches, which know of a drop as soon as it is
 * committed.
 */
void
collector_raise_gone(const char *what, Oid oid)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("the schema was changed while it was being read"),
			 errdetail("There is no %s with OID %u any more.", what, oid),
			 errhint("Try again.")));
}
