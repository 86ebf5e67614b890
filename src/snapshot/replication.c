/*-------------------------------------------------------------------------
 *
 * replication.c
 *	  Publications and subscriptions.
 *
 * How a subscription connects is left out: it has a password in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_subscription.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

static int
compare_lines(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/*
 * Returns the publication's tables, each with columns and filter.
 */
static List *
published_tables(Collector *c, Oid publication)
{
	CatalogScan scan;
	HeapTuple	tuple;
	List	   *lines = NIL;

	catalog_begin_one(c, &scan, PublicationRelRelationId, COMPAT_PUBLICATION_REL_INDEX,
					  Anum_pg_publication_rel_prpubid, publication);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_publication_rel form = (Form_pg_publication_rel) GETSTRUCT(tuple);
		StringInfoData text;
		bool		isnull;
		Datum		value;

		if (form->prpubid != publication)
			continue;
		initStringInfo(&text);
		appendStringInfo(&text, "table %s", name_of_relation(c, form->prrelid));
		value = compat_publication_columns(tuple, RelationGetDescr(scan.catalog), &isnull);
		if (!isnull)
		{
			int2vector *columns = (int2vector *) PG_DETOAST_DATUM(value);

			for (int i = 0; i < columns->dim1; i++)
				appendStringInfo(&text, "%s%s", i ? ", " : " (",
								 name_of_column(c, form->prrelid, columns->values[i]));
			appendStringInfoChar(&text, ')');
		}
		value = compat_publication_filter(tuple, RelationGetDescr(scan.catalog), &isnull);
		if (!isnull)
		{
			RelationEntry entry = {.oid = form->prrelid,.plain_name = get_rel_name(form->prrelid)};

			appendStringInfo(&text, " where %s", expression_from_datum(c, &entry, value));
		}
		lines = lappend(lines, text.data);
	}
	catalog_end(&scan);
	return lines;
}

static void
describe_publication(Collector *c, const CatalogScan *scan, HeapTuple tuple)
{
	static const char *const known[] = {"oid", "pubname", "pubowner", NULL};
	Form_pg_publication form = (Form_pg_publication) GETSTRUCT(tuple);
	SchemaUnit *unit = unit_begin(c, PublicationRelationId, form->oid, "publication",
								  quote_identifier(NameStr(form->pubname)));
	List	   *lines;
	List	   *schemas;
	ListCell   *cell;

	row_begin(c);
	property_other_columns(c, scan, tuple, known, 3);
	lines = published_tables(c, form->oid);
	schemas = compat_publication_schemas(form->oid);
	foreach(cell, schemas)
		lines = lappend(lines, psprintf("schema %s", name_of_schema(c, lfirst_oid(cell))));
	list_sort(lines, compare_lines);
	foreach(cell, lines)
		property(c, "%s", (char *) lfirst(cell));
	property_owner(c, form->pubowner);
	property_notes(c, PublicationRelationId, form->oid, 0, "");
	unit_end(c, unit);
}

static void
describe_subscriptions(Collector *c)
{
	/* the state of two-phase commit changes by itself */
	static const char *const known[] = {
		"oid", "subdbid", "subname", "subowner", "subconninfo", "subskiplsn",
		"subtwophasestate", NULL
	};
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin(c, &scan, SubscriptionRelationId, SubscriptionObjectIndexId,
				  Anum_pg_subscription_oid);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_subscription form = (Form_pg_subscription) GETSTRUCT(tuple);
		SchemaUnit *unit;

		if (form->subdbid != MyDatabaseId)
			continue;
		unit = unit_begin(c, SubscriptionRelationId, form->oid, "subscription",
						  quote_identifier(NameStr(form->subname)));
		row_begin(c);
		property_other_columns(c, &scan, tuple, known, 3);
		property_owner(c, form->subowner);
		property_notes(c, SubscriptionRelationId, form->oid, 0, "");
		unit_end(c, unit);
	}
	catalog_end(&scan);
}

/*
 * Describes publications and subscriptions.
 */
void
describe_replication(Collector *c)
{
	describe_each(c, PublicationRelationId, PublicationObjectIndexId, Anum_pg_publication_oid,
				  InvalidAttrNumber, describe_publication);
	describe_subscriptions(c);
}
