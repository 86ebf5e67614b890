/*-------------------------------------------------------------------------
 *
 * rules_constraint.c
 *	  Rules about constraints of tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

#define NOBODY "meanwhile nobody reads or writes the table (ACCESS EXCLUSIVE lock)"

/*
 * Returns the name of a constraint for SQL; if it has none, the one that it
 * will get.
 */
static const char *
constraint_name(const LintTable *table, const Constraint *constraint, const List *columns,
				const char *suffix)
{
	StringInfoData middle;
	ListCell   *cell;

	if (constraint->conname)
		return quote_identifier(constraint->conname);
	initStringInfo(&middle);
	foreach(cell, columns)
		appendStringInfo(&middle, "%s%s", middle.len ? "_" : "", (char *) lfirst(cell));
	return quote_identifier(makeObjectName(table->name, middle.len ? middle.data : NULL, suffix));
}

static void
look_at_check(Lint *lint, LintTable *table, const Constraint *constraint)
{
	char	   *sql = tables_sql(table);
	const char *name = constraint_name(table, constraint, NIL, "check");

	if (constraint->skip_validation || !lint_wants(lint, RULE_ADD_CHECK, tables_severity(table)))
		return;
	lint_report(lint, RULE_ADD_CHECK, tables_severity(table), constraint->location,
				psprintf("for the new CHECK constraint, all of %s is read; " NOBODY,
						 tables_label(table)),
				psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (...) NOT VALID; and in the next migration ALTER TABLE %s VALIDATE CONSTRAINT %s.",
						 sql, name, sql, name));
}

/*
 * ADD CONSTRAINT ... NOT NULL, from 18 on.
 */
static void
look_at_not_null(Lint *lint, LintTable *table, const Constraint *constraint)
{
	LintColumn *column = tables_column(table, strVal(linitial(constraint->keys)));
	char	   *sql = tables_sql(table);
	const char *name;

	if (constraint->skip_validation || column == NULL || column->not_null || column->checked ||
		!lint_wants(lint, RULE_SET_NOT_NULL, tables_severity(table)))
		return;
	name = constraint_name(table, constraint, list_make1(column->name), "not_null");
	lint_report(lint, RULE_SET_NOT_NULL, tables_severity(table), constraint->location,
				psprintf("for NOT NULL of column \"%s\", all of %s is read; " NOBODY,
						 column->name, tables_label(table)),
				psprintf("ALTER TABLE %s ADD CONSTRAINT %s NOT NULL %s NOT VALID; and in the next migration ALTER TABLE %s VALIDATE CONSTRAINT %s.",
						 sql, name, quote_identifier(column->name), sql, name));
}

/*
 * Returns the first of the columns that may be null, or NULL.
 */
static const char *
nullable_column(LintTable *table, const List *columns)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		LintColumn *column = lfirst(cell) ? tables_column(table, lfirst(cell)) : NULL;

		if (column && !column->not_null && !column->checked &&
			(column->number == 0 || !live_is_checked_not_null(table->oid, column->number)))
			return column->name;
	}
	return NULL;
}

/*
 * A primary key over an index that is there makes its columns NOT NULL.
 */
static void
look_at_key_using_index(Lint *lint, LintTable *table, const Constraint *constraint)
{
	const char *column = NULL;
	ListCell   *cell;

	if (constraint->contype != CONSTR_PRIMARY ||
		!lint_wants(lint, RULE_ADD_PRIMARY_KEY, tables_severity(table)))
		return;
	foreach(cell, tables_keys(table))
	{
		LintKey    *key = lfirst(cell);

		if (key->name && strcmp(key->name, constraint->indexname) == 0)
			column = nullable_column(table, key->columns);
	}
	if (column == NULL)
		return;
	lint_report(lint, RULE_ADD_PRIMARY_KEY, tables_severity(table), constraint->location,
				psprintf("the primary key makes column \"%s\" NOT NULL, for which all of %s is read; " NOBODY,
						 column, tables_label(table)),
				psprintf("Make the column NOT NULL before: ALTER TABLE %s ADD CHECK (%s IS NOT NULL) NOT VALID; validate that in the next migration; then SET NOT NULL; then add the primary key.",
						 tables_sql(table), quote_identifier(column)));
}

static void
look_at_key(Lint *lint, LintTable *table, const Constraint *constraint)
{
	bool		primary = constraint->contype == CONSTR_PRIMARY;
	LintRule	rule = primary ? RULE_ADD_PRIMARY_KEY : RULE_ADD_UNIQUE;
	List	   *columns = tree_names(constraint->keys);
	const char *name;
	const char *column;
	char	   *sql = tables_sql(table);

	if (constraint->indexname)
	{
		look_at_key_using_index(lint, table, constraint);
		return;
	}
	if (!lint_wants(lint, rule, tables_severity(table)))
		return;
	name = constraint_name(table, constraint, primary ? NIL : columns, primary ? "pkey" : "key");
	column = primary ? nullable_column(table, columns) : NULL;
	lint_report(lint, rule, tables_severity(table), constraint->location,
				psprintf("the index of the new %s is built over all of %s; " NOBODY,
						 primary ? "primary key" : "unique constraint", tables_label(table)),
				psprintf("%sCREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s), with CALL migrate_run() or migrate_up(); then ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s.",
						 column ? psprintf("Make column %s NOT NULL; ", quote_identifier(column)) : "",
						 name, sql, tree_name_list(columns), sql, name,
						 primary ? "PRIMARY KEY" : "UNIQUE", name));
}

static void
look_at_exclude(Lint *lint, LintTable *table, const Constraint *constraint)
{
	if (!lint_wants(lint, RULE_ADD_EXCLUDE, tables_severity(table)))
		return;
	lint_report(lint, RULE_ADD_EXCLUDE, tables_severity(table), constraint->location,
				psprintf("the index of the exclusion constraint is built over all of %s; " NOBODY,
						 tables_label(table)),
				pstrdup("PostgreSQL has no way to build it concurrently. Run it when the table is not needed, or give a copy of the table the constraint and put it in its place."));
}

/*
 * A foreign key that is checked at once.
 */
static void
look_at_foreign_scan(Lint *lint, LintTable *table, const Constraint *constraint)
{
	LintTable  *other = tables_find(lint, constraint->pktable);
	List	   *columns = tree_names(constraint->fk_attrs);
	char	   *sql = tables_sql(table);
	const char *name;

	if (constraint->skip_validation || !lint_wants(lint, RULE_ADD_FOREIGN_KEY, tables_severity(table)))
		return;
	name = constraint_name(table, constraint, columns, "fkey");
	lint_report(lint, RULE_ADD_FOREIGN_KEY, tables_severity(table), constraint->location,
				psprintf("for the new foreign key, all of %s is read; meanwhile nobody writes to it, nor to %s (SHARE ROW EXCLUSIVE lock on both)",
						 tables_label(table),
						 other ? tables_label(other) : psprintf("table \"%s\"", constraint->pktable->relname)),
				psprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s%s NOT VALID; and in the next migration ALTER TABLE %s VALIDATE CONSTRAINT %s.",
						 sql, name, tree_name_list(columns),
						 quote_qualified_identifier(constraint->pktable->schemaname,
													constraint->pktable->relname),
						 constraint->pk_attrs == NIL ? "" :
						 psprintf(" (%s)", tree_name_list(tree_names(constraint->pk_attrs))),
						 sql, name));
}

static void
look_at_validate(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	ListCell   *cell;

	foreach(cell, table->promises)
	{
		LintPromise *made = lfirst(cell);

		if (strcmp(made->name, command->name) != 0 || made->transaction != lint->transaction ||
			!lint_wants(lint, RULE_VALIDATE_SAME_TRANSACTION, tables_severity(table)))
			continue;
		lint_report(lint, RULE_VALIDATE_SAME_TRANSACTION, tables_severity(table), -1,
					psprintf("constraint \"%s\" is validated in the transaction that adds it, so all of %s is read while %s",
							 command->name, tables_label(table),
							 made->foreign ? "nobody writes to it (SHARE ROW EXCLUSIVE lock)" :
							 "nobody reads or writes it (ACCESS EXCLUSIVE lock)"),
					psprintf("Put ALTER TABLE %s VALIDATE CONSTRAINT %s into the next migration.",
							 tables_sql(table), quote_identifier(command->name)));
	}
}

static void
look_at_drop(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	ListCell   *cell;

	foreach(cell, tables_keys(table))
	{
		LintKey    *key = lfirst(cell);

		if (!key->primary || key->name == NULL || strcmp(key->name, command->name) != 0 ||
			!lint_wants(lint, RULE_DROP_PRIMARY_KEY, LINT_WARNING))
			continue;
		lint_report(lint, RULE_DROP_PRIMARY_KEY,
					tables_holds_rows(table) ? LINT_WARNING : LINT_NOTICE, -1,
					psprintf("%s loses its primary key; INSERT ... ON CONFLICT and logical replication that count on it fail from here on",
							 tables_label(table)),
					pstrdup("If another is to take its place, drop the one and add the other USING INDEX in one ALTER TABLE."));
	}
}

/*
 * Rules about constraints, in a change of a table.
 */
void
rules_constraint(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	Constraint *constraint;

	if (command->subtype == AT_ValidateConstraint && tables_is_old(table))
		look_at_validate(lint, table, command);
	else if (command->subtype == AT_DropConstraint && tables_is_old(table))
		look_at_drop(lint, table, command);
	if (command->subtype != AT_AddConstraint)
		return;
	constraint = (Constraint *) command->def;
	if (constraint->contype == CONSTR_FOREIGN)
		rules_foreign_key(lint, table, constraint, tree_names(constraint->fk_attrs));
	if (!tables_is_old(table))
		return;
	switch (constraint->contype)
	{
		case CONSTR_CHECK:
			look_at_check(lint, table, constraint);
			break;
		case CONSTR_NOTNULL:
			look_at_not_null(lint, table, constraint);
			break;
		case CONSTR_PRIMARY:
		case CONSTR_UNIQUE:
			look_at_key(lint, table, constraint);
			break;
		case CONSTR_EXCLUSION:
			look_at_exclude(lint, table, constraint);
			break;
		case CONSTR_FOREIGN:
			look_at_foreign_scan(lint, table, constraint);
			break;
		default:
			break;
	}
}
