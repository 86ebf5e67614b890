/*-------------------------------------------------------------------------
 *
 * rules_column.c
 *	  Rules about columns that are added, dropped, or made NOT NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "compat.h"
#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

/*
 * Returns why a new column makes the table be rewritten, or NULL.
 */
static const char *
rewrite_reason(Lint *lint, const ColumnDef *column)
{
	Constraint *constraint;
	int32		typmod;
	Oid			type;

	if (tree_is_serial(column->typeName))
		return "its default, nextval(), is another value for each row";
	constraint = tree_constraint(column->constraints, CONSTR_DEFAULT);
	if (constraint && tree_is_volatile(lint, constraint->raw_expr))
		return "its default is another value for each row";
	if (tree_constraint(column->constraints, CONSTR_IDENTITY))
		return "it is an identity column, another value for each row";
	constraint = tree_constraint(column->constraints, CONSTR_GENERATED);
	if (constraint && !compat_is_virtual(constraint))
		return "it is generated and stored";
	type = tree_type(lint, column->typeName, &typmod);
	if (OidIsValid(type) && get_typtype(type) == TYPTYPE_DOMAIN && DomainHasConstraints(type))
		return "its type is a domain with constraints";
	return NULL;
}

/*
 * Does a new column get a value for the rows that are there?
 */
static bool
gives_value(const Lint *lint, const ColumnDef *column)
{
	Constraint *constraint = tree_constraint(column->constraints, CONSTR_DEFAULT);
	int32		typmod;
	Oid			type;

	if (constraint)
		return !tree_is_null(constraint->raw_expr);
	if (tree_is_serial(column->typeName) ||
		tree_constraint(column->constraints, CONSTR_IDENTITY) ||
		tree_constraint(column->constraints, CONSTR_GENERATED))
		return true;
	/* a domain may have a default; a type that is not known may be one */
	type = tree_type(lint, column->typeName, &typmod);
	return !OidIsValid(type) || get_typdefault(type) != NULL;
}

static void
look_at_not_null(Lint *lint, LintTable *table, const ColumnDef *column)
{
	const char *name = quote_identifier(column->colname);

	if ((!tree_constraint(column->constraints, CONSTR_NOTNULL) &&
		 !tree_constraint(column->constraints, CONSTR_PRIMARY)) ||
		gives_value(lint, column) || table->kind == RELKIND_FOREIGN_TABLE ||
		!lint_wants(lint, RULE_ADD_COLUMN_NOT_NULL, LINT_ERROR) || !tables_holds_rows(table))
		return;
	lint_report(lint, RULE_ADD_COLUMN_NOT_NULL, LINT_ERROR, column->location,
				psprintf("column \"%s\" is NOT NULL without a default, which fails as %s has rows",
						 column->colname, tables_label(table)),
				psprintf("Give it a default: ALTER TABLE %s ADD COLUMN %s ... DEFAULT ... NOT NULL; or add it without NOT NULL, fill it, and then set NOT NULL.",
						 tables_sql(table), name));
}

/*
 * Returns how to add a column whose values differ without a rewrite.
 */
static char *
without_rewrite(const Lint *lint, LintTable *table, const ColumnDef *column)
{
	char	   *sql = tables_sql(table);
	const char *name = quote_identifier(column->colname);
	Constraint *value = tree_constraint(column->constraints, CONSTR_DEFAULT);
	char	   *sequence;
	int32		typmod;
	Oid			type = tree_type(lint, column->typeName, &typmod);
	char	   *type_name = OidIsValid(type) ? format_type_with_typemod(type, typmod) : pstrdup("...");

	if (tree_constraint(column->constraints, CONSTR_GENERATED))
		return psprintf("ALTER TABLE %s ADD COLUMN %s %s; keep it up to date with a trigger; and fill the rows that are there in batches, in a later migration.",
						sql, name, type_name);
	if (tree_is_serial(column->typeName) || tree_constraint(column->constraints, CONSTR_IDENTITY))
	{
		sequence = quote_qualified_identifier(table->schema,
											  makeObjectName(table->name, column->colname, "seq"));
		return psprintf("ALTER TABLE %s ADD COLUMN %s %s; CREATE SEQUENCE %s OWNED BY %s.%s; ALTER TABLE %s ALTER COLUMN %s SET DEFAULT nextval(%s); then fill the rows that are there in batches, in a later migration.",
						sql, name, type_name, sequence, sql, name, sql, name,
						quote_literal_cstr(sequence));
	}
	return psprintf("ALTER TABLE %s ADD COLUMN %s %s; ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s; then fill the rows that are there in batches, in a later migration.",
					sql, name, type_name, sql, name,
					value && IsA(value->raw_expr, FuncCall) && ((FuncCall *) value->raw_expr)->args == NIL ?
					psprintf("%s()", NameListToQuotedString(((FuncCall *) value->raw_expr)->funcname)) : "...");
}

static void
look_at_rewrite(Lint *lint, LintTable *table, const ColumnDef *column, const char *reason)
{
	rules_note_rewrite(lint, table);
	if (!lint_wants(lint, RULE_ADD_COLUMN_REWRITE, tables_severity(table)))
		return;
	lint_report(lint, RULE_ADD_COLUMN_REWRITE, tables_severity(table), column->location,
				psprintf("adding column \"%s\" rewrites %s, as %s; meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)",
						 column->colname, tables_label(table), reason),
				without_rewrite(lint, table, column));
}

/*
 * A new column whose constraints make the server read the table, or build an
 * index.
 */
static void
look_at_scan(Lint *lint, LintTable *table, const ColumnDef *column)
{
	Constraint *check = tree_constraint(column->constraints, CONSTR_CHECK);
	Constraint *unique = tree_constraint(column->constraints, CONSTR_UNIQUE);
	Constraint *primary = tree_constraint(column->constraints, CONSTR_PRIMARY);
	Constraint *foreign = tree_constraint(column->constraints, CONSTR_FOREIGN);
	Constraint *value = tree_constraint(column->constraints, CONSTR_DEFAULT);
	const char *what;

	/* a foreign key of nothing but nulls is taken as it is */
	if (foreign && (value == NULL || tree_is_null(value->raw_expr)))
		foreign = NULL;
	what = check ? "the CHECK constraint" : primary ? "the primary key's index" :
		unique ? "the unique index" : foreign ? "the foreign key" : NULL;
	if (what == NULL || !lint_wants(lint, RULE_ADD_COLUMN_SCAN, tables_severity(table)))
		return;
	lint_report(lint, RULE_ADD_COLUMN_SCAN, tables_severity(table), column->location,
				psprintf("for %s of the new column \"%s\", all of %s is read; meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)",
						 what, column->colname, tables_label(table)),
				unique || primary ?
				psprintf("Add the column alone; then CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s); then ALTER TABLE %s ADD CONSTRAINT ... %s USING INDEX.",
						 quote_identifier(makeObjectName(table->name, column->colname, "key")),
						 tables_sql(table), quote_identifier(column->colname), tables_sql(table),
						 primary ? "PRIMARY KEY" : "UNIQUE") :
				psprintf("Add the column alone; then ALTER TABLE %s ADD CONSTRAINT ... NOT VALID; and in the next migration VALIDATE CONSTRAINT.",
						 tables_sql(table)));
}

static void
look_at_add(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	ColumnDef  *column = (ColumnDef *) command->def;
	LintColumn *there = table ? tables_column(table, column->colname) : NULL;
	const char *reason;

	if (there && command->missing_ok)
	{
		int32		typmod;
		Oid			type = tree_type(lint, column->typeName, &typmod);

		if (OidIsValid(type) && OidIsValid(there->type) &&
			(type != there->type || typmod != there->typmod))
			lint_report(lint, RULE_IF_NOT_EXISTS, LINT_WARNING, column->location,
						psprintf("column \"%s\" of table \"%s\" exists already, as %s and not %s; IF NOT EXISTS leaves it so",
								 column->colname, table->name,
								 format_type_with_typemod(there->type, there->typmod),
								 format_type_with_typemod(type, typmod)),
						pstrdup("Take out IF NOT EXISTS, or change the type of the column."));
		return;
	}
	rules_column_type(lint, column, NIL);
	if (table && tree_constraint(column->constraints, CONSTR_FOREIGN))
		rules_foreign_key(lint, table, tree_constraint(column->constraints, CONSTR_FOREIGN),
						  list_make1(column->colname));
	if (!tables_is_old(table))
		return;
	look_at_not_null(lint, table, column);
	reason = rewrite_reason(lint, column);
	if (reason)
		look_at_rewrite(lint, table, column, reason);
	else
		look_at_scan(lint, table, column);
}

static void
look_at_set_not_null(Lint *lint, LintTable *table, const char *name)
{
	LintColumn *column = tables_column(table, name);
	char	   *sql = tables_sql(table);
	const char *quoted = quote_identifier(name);
	const char *constraint;

	if (!tables_is_old(table) || column == NULL || column->not_null || column->checked ||
		!lint_wants(lint, RULE_SET_NOT_NULL, tables_severity(table)) ||
		(column->number > 0 && live_is_checked_not_null(table->oid, column->number)))
		return;
	constraint = quote_identifier(makeObjectName(table->name, name, "not_null"));
	lint_report(lint, RULE_SET_NOT_NULL, tables_severity(table), -1,
				psprintf("SET NOT NULL on column \"%s\" reads all of %s; meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)",
						 name, tables_label(table)),
				psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID; in the next migration ALTER TABLE %s VALIDATE CONSTRAINT %s; then ALTER TABLE %s ALTER COLUMN %s SET NOT NULL, which finds it proven; then ALTER TABLE %s DROP CONSTRAINT %s.",
						 sql, constraint, quoted, sql, constraint, sql, quoted, sql, constraint));
}

static void
look_at_drop_not_null(Lint *lint, LintTable *table, const char *name)
{
	LintColumn *column = tables_column(table, name);

	if (!tables_is_old(table) || column == NULL || !column->not_null)
		return;
	lint_report(lint, RULE_DROP_NOT_NULL, LINT_NOTICE, -1,
				psprintf("column \"%s\" of table \"%s\" may be null from here on; the application that runs may not expect it",
						 name, table->name),
				pstrdup("Deploy an application that reads nulls before."));
}

static void
look_at_default(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	LintColumn *column = tables_column(table, command->name);

	if (command->def != NULL || !tables_is_old(table) || column == NULL ||
		!column->not_null || !column->has_default ||
		!lint_wants(lint, RULE_DROP_DEFAULT, LINT_WARNING))
		return;
	lint_report(lint, RULE_DROP_DEFAULT, tables_holds_rows(table) ? LINT_WARNING : LINT_NOTICE, -1,
				psprintf("NOT NULL column \"%s\" of table \"%s\" loses its default; an INSERT without it fails from here on",
						 command->name, table->name),
				pstrdup("Deploy an application that always gives the column a value before."));
}

/*
 * Returns the other columns' indexes that go when a column is dropped, for a
 * message, or NULL.
 */
static char *
wide_indexes(LintTable *table, const char *column)
{
	StringInfoData list;
	ListCell   *cell;

	initStringInfo(&list);
	foreach(cell, tables_keys(table))
	{
		LintKey    *key = lfirst(cell);

		if (key->name && list_length(key->columns) > 1 && tree_is_list_member(key->columns, column))
			appendStringInfo(&list, "%s\"%s\"", list.len ? ", " : "", key->name);
	}
	return list.len ? list.data : NULL;
}

static void
look_at_drop(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	LintColumn *column = tables_column(table, command->name);
	LintSeverity severity = LINT_NOTICE;
	char	   *indexes;

	/* one that a script has added is nobody's yet */
	if (!tables_is_old(table) || column == NULL || column->number == 0 ||
		!lint_wants(lint, RULE_DROP_COLUMN, LINT_ERROR))
		return;
	if (tables_holds_rows(table))
		severity = LINT_ERROR;
	if (!lint_wants(lint, RULE_DROP_COLUMN, severity))
		return;
	indexes = wide_indexes(table, command->name);
	lint_report(lint, RULE_DROP_COLUMN, severity, -1,
				psprintf("column \"%s\" of %s is dropped with all its values%s%s",
						 command->name, tables_label(table),
						 indexes ? ", and with it the indexes " : "", indexes ? indexes : ""),
				pstrdup("Deploy an application that does not use the column before; keep a copy of the values if they may be needed. If that is done, write -- neon_migrate: ignore drop-column before the statement."));
}

/*
 * Rules about a column, in a change of a table.  "table" may be NULL.
 */
void
rules_column(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	if (command->subtype == AT_AddColumn)
		look_at_add(lint, table, command);
	else if (command->subtype == AT_AlterColumnType)
	{
		ColumnDef	column = *(ColumnDef *) command->def;

		column.colname = command->name;
		rules_column_type(lint, &column, NIL);
	}
	if (table == NULL)
		return;
	switch (command->subtype)
	{
		case AT_SetNotNull:
			look_at_set_not_null(lint, table, command->name);
			break;
		case AT_DropNotNull:
			look_at_drop_not_null(lint, table, command->name);
			break;
		case AT_ColumnDefault:
			look_at_default(lint, table, command);
			break;
		case AT_DropColumn:
			look_at_drop(lint, table, command);
			break;
		default:
			break;
	}
}
