/*-------------------------------------------------------------------------
 *
 * sequence.c
 *	  Sequences: units on their own, but for those of identity columns, which
 *	  are properties of the column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_sequence.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

/*
 * Finds what column a sequence belongs to, from its dependencies.  Returns
 * whether it is that of an identity column.
 */
static bool
find_sequence_column(Collector *c, Oid sequence, Oid *relation, int *column)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		identity = false;

	*relation = InvalidOid;
	ScanKeyInit(&key[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(sequence));
	scan = systable_beginscan(depend, DependDependerIndexId, true, c->snapshot, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);

		if (row->refclassid != RelationRelationId || row->refobjsubid == 0 ||
			(row->deptype != DEPENDENCY_AUTO && row->deptype != DEPENDENCY_INTERNAL))
			continue;
		*relation = row->refobjid;
		*column = row->refobjsubid;
		identity = row->deptype == DEPENDENCY_INTERNAL;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return identity;
}

/*
 * Finds the sequence that a loaded relation is: a unit, or a part of its table.
 */
static void
place_sequence(Collector *c, RelationEntry *entry)
{
	Oid			owner;
	int			column;
	bool		identity = find_sequence_column(c, entry->oid, &owner, &column);
	RelationEntry *table = OidIsValid(owner) ? relation_find(c, owner) : NULL;

	if (identity)
	{
		if (table && table->column && column <= table->columns)
			table->column[column - 1].sequence = entry;
		return;
	}
	entry->unit = unit_begin(c, RelationRelationId, entry->oid, "sequence",
							 psprintf("%s.%s", entry->schema, entry->name));
	if (OidIsValid(owner))
		entry->owned_by = keep(c, psprintf("%s.%s", name_of_relation(c, owner),
										   name_of_column(c, owner, column)));
}

/*
 * When only some relations are described: returns the OIDs of the sequences of
 * their identity columns.
 */
List *
identity_sequences(Collector *c)
{
	MemoryContext old_context = MemoryContextSwitchTo(c->context);
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, c->whole ? NIL : c->relation_list)
	{
		RelationEntry *entry = lfirst(cell);

		for (int i = 0; entry->column && i < entry->columns; i++)
		{
			Oid			sequence;

			if (entry->column[i].name == NULL || entry->column[i].identity == '\0')
				continue;
			sequence = compat_identity_sequence(entry->oid, i + 1);
			if (OidIsValid(sequence))
				result = lappend_oid(result, sequence);
		}
	}
	MemoryContextSwitchTo(old_context);
	return result;
}

void
load_sequences(Collector *c, List *oids)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, SequenceRelationId, SequenceRelidIndexId,
					 Anum_pg_sequence_seqrelid, oids);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_sequence form = (Form_pg_sequence) GETSTRUCT(tuple);
		RelationEntry *entry = relation_find(c, form->seqrelid);

		if (entry == NULL)
			continue;
		entry->sequence = MemoryContextAlloc(c->context, sizeof(FormData_pg_sequence));
		memcpy(entry->sequence, form, sizeof(FormData_pg_sequence));
		place_sequence(c, entry);
		MemoryContextReset(c->scratch);
	}
	catalog_end(&scan);
}

/*
 * Writes the parameters of a sequence.
 */
void
property_sequence(Collector *c, const RelationEntry *entry, const char *prefix)
{
	Form_pg_sequence form = entry->sequence;

	property(c, "%stype %s", prefix, name_of_type(c, form->seqtypid, -1));
	property(c, "%sstart " INT64_FORMAT, prefix, form->seqstart);
	property(c, "%sincrement " INT64_FORMAT, prefix, form->seqincrement);
	property(c, "%sminimum " INT64_FORMAT, prefix, form->seqmin);
	property(c, "%smaximum " INT64_FORMAT, prefix, form->seqmax);
	property(c, "%scache " INT64_FORMAT, prefix, form->seqcache);
	if (form->seqcycle)
		property(c, "%scycle", prefix);
}

/*
 * Writes the sequence of an identity column.
 */
void
property_identity_sequence(Collector *c, const RelationEntry *sequence)
{
	property(c, "sequence name %s.%s", sequence->schema, sequence->name);
	property_sequence(c, sequence, "sequence ");
	if (sequence->persistence == RELPERSISTENCE_UNLOGGED)
		property(c, "sequence unlogged");
	property_grants(c, OBJECT_SEQUENCE, sequence->owner, sequence->acl, "sequence ");
	property_notes(c, RelationRelationId, sequence->oid, 0, "sequence ");
}
