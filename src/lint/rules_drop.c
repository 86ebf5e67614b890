/*-------------------------------------------------------------------------
 *
 * rules_drop.c
 *	  Rules about what is dropped, and about what goes with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

/* Of what goes with CASCADE, this many are named. */
#define MAX_NAMED 5

/*
 * What depends on something that is dropped.
 */
typedef struct Dependents
{
	StringInfoData names;
	int			count;
	bool		rows;			/* a column among them has values */
	bool		certain;		/* views and foreign keys only: DROP is refused for sure */
} Dependents;

/*
 * Returns the relation that a list of names in a DROP stands for.
 */
static LintTable *
dropped_table(Lint *lint, const DropStmt *stmt, const void *object)
{
	LintTable  *table;

	switch (stmt->removeType)
	{
		case OBJECT_TABLE:
		case OBJECT_FOREIGN_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_SEQUENCE:
			table = tables_find_names(lint, object);
			return tables_is_old(table) ? table : NULL;
		default:
			return NULL;
	}
}

/*
 * Is the relation dropped by the same statement?
 */
static bool
is_dropped_too(Lint *lint, const DropStmt *stmt, Oid relation)
{
	ListCell   *cell;

	if (stmt == NULL || !OidIsValid(relation))
		return false;
	foreach(cell, stmt->objects)
	{
		LintTable  *table = dropped_table(lint, stmt, lfirst(cell));

		if (table && table->oid == relation)
			return true;
	}
	return false;
}

/*
 * Is it something that the script has not dropped before?
 */
static bool
is_still_there(Lint *lint, const ObjectAddress *address, Oid relation)
{
	LintTable  *table;

	if (!OidIsValid(relation))
		return true;
	table = tables_of_oid(lint, relation);
	if (table == NULL || table->replaced)
		return false;
	if (address->classId == ConstraintRelationId)
	{
		char	   *name = get_constraint_name(address->objectId);

		return name && !tree_is_list_member(table->dropped, name);
	}
	return true;
}

/*
 * Adds what depends on an object, but for what "stmt" drops by name.
 */
static void
add_dependents(Lint *lint, Dependents *found, const DropStmt *stmt, Oid class_id, Oid object,
			   int32 part)
{
	ListCell   *cell;

	foreach(cell, live_dependents(class_id, object, part))
	{
		ObjectAddress *address = lfirst(cell);
		Oid			relation = live_relation_of(address);
		char	   *name;

		if (is_dropped_too(lint, stmt, relation) || !is_still_there(lint, address, relation) ||
			(class_id == RelationRelationId && relation == object))
			continue;
		if (address->classId == RewriteRelationId)
			name = psprintf("%s %s", get_rel_relkind(relation) == RELKIND_MATVIEW ? "materialized view" : "view",
							quote_identifier(get_rel_name(relation)));
		else
			name = getObjectDescription(address, true);
		if (name == NULL)
			continue;
		if (address->classId == RewriteRelationId || address->classId == ConstraintRelationId)
			found->certain = true;
		if (address->classId == RelationRelationId && address->objectSubId > 0 &&
			live_may_hold_rows(relation))
			found->rows = true;
		if (found->count++ < MAX_NAMED)
			appendStringInfo(&found->names, "%s%s", found->names.len ? ", " : "", name);
	}
}

static void
report_dependents(Lint *lint, Dependents *found, bool cascade, const char *what)
{
	if (found->count == 0)
		return;
	if (found->count > MAX_NAMED)
		appendStringInfo(&found->names, " and %d more", found->count - MAX_NAMED);
	if (cascade)
		lint_report(lint, RULE_DROP_CASCADE, found->rows ? LINT_ERROR : LINT_WARNING, -1,
					psprintf("CASCADE drops, with %s, what depends on it: %s", what, found->names.data),
					pstrdup("Drop what is meant by name, before, and leave out CASCADE."));
	else if (found->certain && !lint->opaque)
		lint_report(lint, RULE_DROP_FAILS, LINT_ERROR, -1,
					psprintf("PostgreSQL refuses to drop %s, as others depend on it: %s", what, found->names.data),
					pstrdup("Drop those before, in the same migration."));
}

static void
look_at_table(Lint *lint, LintTable *table)
{
	bool		rows;

	if (table->kind != RELKIND_RELATION && table->kind != RELKIND_PARTITIONED_TABLE)
		return;
	if (!lint_wants(lint, RULE_DROP_TABLE, LINT_ERROR))
		return;
	rows = tables_holds_rows(table);
	if (!rows && !lint_wants(lint, RULE_DROP_TABLE, LINT_NOTICE))
		return;
	lint_report(lint, RULE_DROP_TABLE, rows ? LINT_ERROR : LINT_NOTICE, -1,
				psprintf(rows ? "%s is dropped with all its rows" : "%s is dropped", tables_label(table)),
				pstrdup(rows ?
						"Keep it for a while under another name, or see that there is a copy of what is needed. If that is done, write -- neon_migrate: ignore drop-table before the statement." :
						"Deploy an application that does not use the table before."));
}

/*
 * Adds up the tables that hold rows.
 */
static void
add_up_tables(Lint *lint, const List *oids, StringInfo names, int *count, int64 *bytes)
{
	ListCell   *cell;

	initStringInfo(names);
	*count = 0;
	*bytes = 0;
	foreach(cell, oids)
	{
		LintTable  *table = tables_of_oid(lint, lfirst_oid(cell));

		CHECK_FOR_INTERRUPTS();
		if (table == NULL || !tables_holds_rows(table))
			continue;
		tables_measure(table);
		*bytes += table->bytes;
		if ((*count)++ < MAX_NAMED)
			appendStringInfo(names, "%s\"%s\"", names->len ? ", " : "", table->name);
	}
	if (*count > MAX_NAMED)
		appendStringInfo(names, " and %d more", *count - MAX_NAMED);
}

static void
look_at_schema(Lint *lint, const char *name)
{
	Oid			schema = get_namespace_oid(name, true);
	StringInfoData names;
	int			count;
	int64		bytes;

	if (!OidIsValid(schema) || tree_is_list_member(lint->gone_schemas, name) ||
		!lint_wants(lint, RULE_DROP_SCHEMA, LINT_ERROR))
		return;
	add_up_tables(lint, live_tables_of(schema, InvalidOid), &names, &count, &bytes);
	if (count == 0)
		return;
	lint_report(lint, RULE_DROP_SCHEMA, LINT_ERROR, -1,
				psprintf("schema \"%s\" is dropped with tables that hold rows, %s in all: %s",
						 name, tables_size(bytes, -1), names.data),
				pstrdup("Drop the tables by name before, and leave out CASCADE."));
}

static void
look_at_owned(Lint *lint, DropOwnedStmt *stmt)
{
	ListCell   *cell;

	if (!lint_wants(lint, RULE_DROP_OWNED, LINT_ERROR))
		return;
	foreach(cell, stmt->roles)
	{
		RoleSpec   *role = lfirst_node(RoleSpec, cell);
		Oid			owner = role->roletype == ROLESPEC_CSTRING ?
			get_role_oid(role->rolename, true) : GetUserId();
		StringInfoData names;
		int			count;
		int64		bytes;

		if (!OidIsValid(owner))
			continue;
		add_up_tables(lint, live_tables_of(InvalidOid, owner), &names, &count, &bytes);
		if (count > 0)
			lint_report(lint, RULE_DROP_OWNED, LINT_ERROR, role->location,
						psprintf("DROP OWNED drops tables of \"%s\" that hold rows, %s in all: %s",
								 GetUserNameFromId(owner, false), tables_size(bytes, -1), names.data),
						pstrdup("REASSIGN OWNED BY ... TO ... before; DROP OWNED then takes rights only."));
	}
}

static void
look_at_drop(Lint *lint, DropStmt *stmt)
{
	bool		cascade = stmt->behavior == DROP_CASCADE;
	LintRule	rule = cascade ? RULE_DROP_CASCADE : RULE_DROP_FAILS;
	ListCell   *cell;

	foreach(cell, stmt->objects)
	{
		LintTable  *table = dropped_table(lint, stmt, lfirst(cell));
		Dependents	found = {0};

		if (stmt->removeType == OBJECT_SCHEMA)
			look_at_schema(lint, strVal(lfirst(cell)));
		if (table)
			look_at_table(lint, table);
		if (!lint_wants(lint, rule, LINT_ERROR))
			continue;
		initStringInfo(&found.names);
		if (table)
		{
			add_dependents(lint, &found, stmt, RelationRelationId, table->oid, 0);
			report_dependents(lint, &found, cascade,
							  psprintf("%s \"%s\"", tables_kind(table), table->name));
		}
		else if (cascade && (stmt->removeType == OBJECT_TYPE || stmt->removeType == OBJECT_DOMAIN))
		{
			int32		typmod;
			Oid			type = tree_type(lint, lfirst_node(TypeName, cell), &typmod);

			if (!OidIsValid(type))
				continue;
			add_dependents(lint, &found, stmt, TypeRelationId, type, 0);
			report_dependents(lint, &found, cascade, psprintf("type %s", format_type_be(type)));
		}
	}
}

/*
 * What depends on a column that is dropped.
 */
static void
look_at_column(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	LintColumn *column = tables_column(table, command->name);
	bool		cascade = command->behavior == DROP_CASCADE;
	Dependents	found = {0};

	if (column == NULL || column->number == 0 ||
		!lint_wants(lint, cascade ? RULE_DROP_CASCADE : RULE_DROP_FAILS, LINT_ERROR))
		return;
	initStringInfo(&found.names);
	add_dependents(lint, &found, NULL, RelationRelationId, table->oid, column->number);
	report_dependents(lint, &found, cascade,
					  psprintf("column \"%s\" of table \"%s\"", command->name, table->name));
}

static void
look_at_columns(Lint *lint, AlterTableStmt *stmt)
{
	LintTable  *table = tables_old(lint, stmt->relation);
	ListCell   *cell;

	foreach(cell, stmt->cmds)
		if (table && lfirst_node(AlterTableCmd, cell)->subtype == AT_DropColumn)
			look_at_column(lint, table, lfirst(cell));
}

/*
 * Rules about DROP.
 */
void
rules_drop(Lint *lint, Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_DropStmt:
			look_at_drop(lint, (DropStmt *) stmt);
			break;
		case T_AlterTableStmt:
			look_at_columns(lint, (AlterTableStmt *) stmt);
			break;
		case T_DropOwnedStmt:
			look_at_owned(lint, (DropOwnedStmt *) stmt);
			break;
		case T_DropdbStmt:
			if (OidIsValid(get_database_oid(((DropdbStmt *) stmt)->dbname, true)))
				lint_report(lint, RULE_DROP_DATABASE, LINT_ERROR, -1,
							psprintf("database \"%s\" is dropped with all that is in it",
									 ((DropdbStmt *) stmt)->dbname),
							pstrdup("Do that by hand; it is no change of a schema."));
			break;
		default:
			break;
	}
}
