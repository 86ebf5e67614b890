/*-------------------------------------------------------------------------
 *
 * rule.c
 *	  Triggers, rules and policies of tables and views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "rewrite/rewriteSupport.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "compat.h"
#include "snapshot/family.h"
#include "snapshot/names.h"

static RelationEntry *
find_unit(Collector *c, Oid oid)
{
	RelationEntry *entry = relation_find(c, oid);

	return entry && entry->unit ? entry : NULL;
}

static const char *
enabled_text(char enabled)
{
	return enabled == TRIGGER_DISABLED ? "disabled" :
		enabled == TRIGGER_FIRES_ALWAYS ? "enabled always" :
		enabled == TRIGGER_FIRES_ON_REPLICA ? "enabled replica" : NULL;
}

/*
 * Returns whether a trigger is enabled, from its parent in the partitioned
 * table.
 */
static char
enabled_of_parent(Collector *c, Oid trigger)
{
	Relation	catalog = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char		enabled = TRIGGER_FIRES_ON_ORIGIN;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(catalog, TriggerOidIndexId, true, c->snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		enabled = ((Form_pg_trigger) GETSTRUCT(tuple))->tgenabled;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return enabled;
}

static bool
may_have_triggers(const RelationEntry *entry)
{
	return entry->may_have_triggers;
}

/*
 * Describes triggers.  That of a partition which its parent's trigger made is
 * of interest only if it is enabled otherwise.
 */
void
describe_triggers(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, TriggerRelationId, TriggerRelidNameIndexId,
					 Anum_pg_trigger_tgrelid,
					 relations_wanted(c, may_have_triggers));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
		bool		is_clone = OidIsValid(form->tgparentid);
		RelationEntry *entry;
		char	   *definition;

		if ((form->tgisinternal && !is_clone) || (entry = find_unit(c, form->tgrelid)) == NULL)
			continue;
		if (is_clone && (OidIsValid(form->tgconstraint) && form->tgisinternal))
			continue;
		if (is_clone && form->tgenabled == enabled_of_parent(c, form->tgparentid))
			continue;
		row_begin(c);
		if (!is_clone)
		{
			definition = TextDatumGetCString(OidFunctionCall1(F_PG_GET_TRIGGERDEF_OID,
														ObjectIdGetDatum(form->oid)));
			if (strncmp(definition, "CREATE CONSTRAINT", 17) == 0)
				property(c, "constraint trigger");
			/* CREATE TRIGGER name BEFORE ... */
			definition += strlen(form->tgconstraint ? "CREATE CONSTRAINT TRIGGER " : "CREATE TRIGGER ") +
				strlen(quote_identifier(NameStr(form->tgname))) + 1;
			property(c, "%s", expression_normal(definition));
		}
		if (enabled_text(form->tgenabled))
			property(c, "%s", enabled_text(form->tgenabled));
		else if (is_clone)
			property(c, "enabled");
		property_notes(c, TriggerRelationId, form->oid, 0, "");
		row_end(c, entry->unit, "trigger", quote_identifier(NameStr(form->tgname)),
				form->oid);
	}
	catalog_end(&scan);
}

static bool
may_have_rules(const RelationEntry *entry)
{
	return entry->may_have_rules;
}

/*
 * Describes rules; that which makes a view is the view itself.
 */
void
describe_rules(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, RewriteRelationId, RewriteRelRulenameIndexId,
					 Anum_pg_rewrite_ev_class,
					 relations_wanted(c, may_have_rules));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);
		RelationEntry *entry;
		char	   *definition;

		if (strcmp(NameStr(form->rulename), ViewSelectRuleName) == 0 ||
			(entry = find_unit(c, form->ev_class)) == NULL)
			continue;
		definition = TextDatumGetCString(OidFunctionCall1(F_PG_GET_RULEDEF_OID,
													ObjectIdGetDatum(form->oid)));
		/* CREATE RULE name AS ON ... */
		definition += strlen("CREATE RULE ") + strlen(quote_identifier(NameStr(form->rulename))) +
			strlen(" AS");
		row_begin(c);
		property(c, "%s", expression_normal(definition + strspn(definition, " \n")));
		if (enabled_text(form->ev_enabled))
			property(c, "%s", enabled_text(form->ev_enabled));
		property_notes(c, RewriteRelationId, form->oid, 0, "");
		row_end(c, entry->unit, "rule", quote_identifier(NameStr(form->rulename)),
				form->oid);
	}
	catalog_end(&scan);
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static char *
roles_text(Collector *c, Datum roles)
{
	ArrayType  *array = DatumGetArrayTypeP(roles);
	Oid		   *element = (Oid *) ARR_DATA_PTR(array);
	int			count = ARR_DIMS(array)[0];
	List	   *names = NIL;
	StringInfoData text;
	ListCell   *cell;

	for (int i = 0; i < count; i++)
		names = lappend(names, unconstify(char *, name_of_role(c, element[i])));
	list_sort(names, compare_names);
	initStringInfo(&text);
	foreach(cell, names)
		appendStringInfo(&text, "%s%s", text.len ? ", " : "", (char *) lfirst(cell));
	return text.data;
}

/*
 * Describes the policies of row-level security.
 */
void
describe_policies(Collector *c)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin_of(c, &scan, PolicyRelationId, PolicyPolrelidPolnameIndexId,
					 Anum_pg_policy_polrelid,
					 c->whole ? NIL : collector_scope(c, RelationRelationId));
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);
		RelationEntry *entry = find_unit(c, form->polrelid);
		bool		isnull;
		Datum		value;

		if (entry == NULL)
			continue;
		row_begin(c);
		property(c, "%s", form->polpermissive ? "permissive" : "restrictive");
		property(c, "for %s", form->polcmd == ACL_SELECT_CHR ? "select" :
				 form->polcmd == ACL_INSERT_CHR ? "insert" :
				 form->polcmd == ACL_UPDATE_CHR ? "update" :
				 form->polcmd == ACL_DELETE_CHR ? "delete" : "all");
		value = catalog_datum(&scan, tuple, Anum_pg_policy_polroles, &isnull);
		property(c, "to %s", roles_text(c, value));
		value = catalog_datum(&scan, tuple, Anum_pg_policy_polqual, &isnull);
		if (!isnull)
			property(c, "using %s", expression_from_datum(c, entry, value));
		value = catalog_datum(&scan, tuple, Anum_pg_policy_polwithcheck, &isnull);
		if (!isnull)
			property(c, "with check %s", expression_from_datum(c, entry, value));
		property_notes(c, PolicyRelationId, form->oid, 0, "");
		row_end(c, entry->unit, "policy", quote_identifier(NameStr(form->polname)),
				form->oid);
	}
	catalog_end(&scan);
}
