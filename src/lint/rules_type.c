/*-------------------------------------------------------------------------
 *
 * rules_type.c
 *	  Rules about the choice of types, and about enums and domains.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

/*
 * A value that a script adds to an enum of the database.
 */
typedef struct NewValue
{
	Oid			type;
	const char *value;
} NewValue;

/*
 * The search for the use of a new value in a statement.
 */
typedef struct ValueUse
{
	Lint	   *lint;
	const NewValue *value;
	bool		compared;		/* the statement names a table with a column of the type */
	int			location;		/* of the literal; -1 if there is none */
	bool		cast;			/* it is cast to the type */
} ValueUse;

/*
 * Is it (part of) a primary key?
 */
static bool
is_key(const ColumnDef *column, const List *elements)
{
	ListCell   *cell;

	if (tree_constraint(column->constraints, CONSTR_PRIMARY))
		return true;
	foreach(cell, elements)
	{
		Constraint *constraint = lfirst(cell);

		if (IsA(constraint, Constraint) && constraint->contype == CONSTR_PRIMARY &&
			list_length(constraint->keys) == 1 &&
			strcmp(strVal(linitial(constraint->keys)), column->colname) == 0)
			return true;
	}
	return false;
}

static void
advise(Lint *lint, LintRule rule, const ColumnDef *column, const char *what, const char *hint)
{
	int			location = column->typeName->location;

	lint_report(lint, rule, LINT_NOTICE, location,
				psprintf("column \"%s\" is of type %s", column->colname, what), pstrdup(hint));
}

/*
 * Rules about the type of a column that a statement makes.  "elements" are the
 * table's other elements, if it is made.
 */
void
rules_column_type(Lint *lint, const ColumnDef *column, List *elements)
{
	int32		typmod;
	Oid			type;
	bool		generated;

	if (lint->least > LINT_NOTICE || column->typeName == NULL)
		return;
	type = tree_type(lint, column->typeName, &typmod);
	if (tree_is_serial(column->typeName))
		advise(lint, RULE_SERIAL_TYPE, column, "serial, whose sequence has an owner and rights of its own",
			   "Use bigint GENERATED ALWAYS AS IDENTITY, or BY DEFAULT.");
	generated = tree_is_serial(column->typeName) ||
		tree_constraint(column->constraints, CONSTR_IDENTITY);
	if ((type == INT4OID || type == INT2OID) && (is_key(column, elements) || generated))
		advise(lint, RULE_INTEGER_KEY, column,
			   type == INT4OID ? "integer, which ends at 2147483647" : "smallint, which ends at 32767",
			   "Use bigint; to change it later rewrites the table.");
	switch (type)
	{
		case JSONOID:
			advise(lint, RULE_JSON_TYPE, column, "json, which has no equality and is parsed at each use",
				   "Use jsonb, unless the text itself has to be kept.");
			break;
		case MONEYOID:
			advise(lint, RULE_MONEY_TYPE, column, "money, whose meaning depends on the setting lc_monetary",
				   "Use numeric, and a column for the currency.");
			break;
		case BPCHAROID:
			advise(lint, RULE_CHAR_TYPE, column, "char(n), which is filled with blanks",
				   "Use text, with a CHECK constraint if the length matters.");
			break;
		case TIMESTAMPOID:
			advise(lint, RULE_TIMESTAMP_TYPE, column, "timestamp without time zone, which is no point in time",
				   "Use timestamptz.");
			break;
		case TIMETZOID:
			advise(lint, RULE_TIMETZ_TYPE, column, "time with time zone, which knows no summer time",
				   "Use timestamptz, or time.");
			break;
		case VARCHAROID:
			if (typmod >= 0)
				advise(lint, RULE_VARCHAR_LIMIT, column, "varchar(n), whose limit is hard to lower",
					   "Use text, with a CHECK constraint if the length matters.");
			break;
		default:
			break;
	}
}

/*
 * Has a table of the statement a column of the type?
 */
static void
look_for_column(ValueUse *use, const RangeVar *name)
{
	LintTable  *table = tables_find(use->lint, name);
	ListCell   *cell;

	if (table == NULL || use->compared)
		return;
	foreach(cell, table->columns)
		use->compared = use->compared || ((LintColumn *) lfirst(cell))->type == use->value->type;
	if (OidIsValid(table->oid))
		use->compared = use->compared ||
			list_member_oid(live_tables_of_type(use->value->type), table->oid);
}

static bool
find_use(Node *node, void *arg)
{
	ValueUse   *use = arg;

	check_stack_depth();
	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
		look_for_column(use, (RangeVar *) node);
	else if (IsA(node, TypeCast))
	{
		const char *text = tree_string(((TypeCast *) node)->arg);
		int32		typmod;

		if (text && strcmp(text, use->value->value) == 0)
		{
			use->location = ((A_Const *) ((TypeCast *) node)->arg)->location;
			if (tree_type(use->lint, ((TypeCast *) node)->typeName, &typmod) == use->value->type)
				use->cast = true;
			return use->cast;
		}
	}
	else if (IsA(node, A_Const))
	{
		const char *text = tree_string(node);

		if (text && strcmp(text, use->value->value) == 0)
			use->location = ((A_Const *) node)->location;
	}
	return raw_expression_tree_walker(node, find_use, arg);
}

/*
 * Looks for the use in one statement.
 */
static void
find_use_in(ValueUse *use, Node *stmt)
{
	ListCell   *cell;

	use->location = -1;
	use->cast = use->compared = false;
	switch (nodeTag(stmt))
	{
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_SelectStmt:
			(void) find_use(stmt, use);
			break;
		case T_AlterTableStmt:
			look_for_column(use, ((AlterTableStmt *) stmt)->relation);
			foreach(cell, ((AlterTableStmt *) stmt)->cmds)
			{
				AlterTableCmd *command = lfirst(cell);

				if (command->def && IsA(command->def, Constraint))
					(void) find_use(((Constraint *) command->def)->raw_expr, use);
				else if (command->def && command->subtype == AT_ColumnDefault)
					(void) find_use(command->def, use);
			}
			break;
		case T_IndexStmt:
			look_for_column(use, ((IndexStmt *) stmt)->relation);
			(void) find_use(((IndexStmt *) stmt)->whereClause, use);
			break;
		case T_ViewStmt:
			(void) find_use(((ViewStmt *) stmt)->query, use);
			break;
		default:
			break;
	}
}

/*
 * Do later statements of the same transaction use a value that is added here?
 */
static void
look_at_new_value(Lint *lint, Oid type, AlterEnumStmt *stmt)
{
	NewValue	value = {.type = type,.value = stmt->newVal};
	ValueUse	use = {.lint = lint,.value = &value};

	for (int i = lint->index + 1; i < list_length(lint->script->statements); i++)
	{
		find_use_in(&use, list_nth_node(RawStmt, lint->script->statements, i)->stmt);
		if (!use.cast && !(use.compared && use.location >= 0))
			continue;
		lint_report(lint, RULE_ENUM_VALUE_USED, lint->for_function ? LINT_ERROR : LINT_WARNING,
					use.location,
					psprintf("value \"%s\" of type %s is used in the transaction that adds it, which PostgreSQL refuses",
							 stmt->newVal, format_type_be(type)),
					pstrdup("Use the value in a later migration; or run this one with CALL migrate_run() or migrate_up(), which commit in between."));
		return;
	}
}

static void
look_at_enum(Lint *lint, AlterEnumStmt *stmt)
{
	int32		typmod;
	Oid			type = tree_type(lint, makeTypeNameFromNameList(stmt->typeName), &typmod);
	LintSeverity severity = LINT_NOTICE;
	ListCell   *cell;

	if (!OidIsValid(type) || get_typtype(type) != TYPTYPE_ENUM)
		return;
	if (stmt->oldVal == NULL)
	{
		/* a procedure commits before the value is used; from 17 on, that of a new type is safe */
		if (!lint->by_procedure && lint->script->nontransactional == NULL &&
			(COMPAT_MAJOR < 17 || !live_type_is_of_this_transaction(type)))
			look_at_new_value(lint, type, stmt);
		return;
	}
	if (!lint_wants(lint, RULE_RENAME_ENUM_VALUE, LINT_WARNING))
		return;
	foreach(cell, live_tables_of_type(type))
	{
		LintTable  *table = tables_of_oid(lint, lfirst_oid(cell));

		if (table && tables_holds_rows(table))
			severity = LINT_WARNING;
	}
	lint_report(lint, RULE_RENAME_ENUM_VALUE, severity, -1,
				psprintf("value \"%s\" of type %s gets the name \"%s\"; an application that still uses the old one fails",
						 stmt->oldVal, format_type_be(type), stmt->newVal),
				pstrdup("Add a new value, let the application use both, change the rows, and leave the old value."));
}

/*
 * A constraint of a domain is checked in all tables that use it.
 */
static void
look_at_domain(Lint *lint, AlterDomainStmt *stmt)
{
	Constraint *constraint = (Constraint *) stmt->def;
	bool		adds = stmt->subtype == 'C' && !(constraint && constraint->skip_validation);
	int64		bytes = 0;
	int			count = 0;
	int32		typmod;
	Oid			type;
	LintTable  *largest = NULL;
	ListCell   *cell;

	if (!adds && stmt->subtype != 'O')
		return;
	if (!lint_wants(lint, RULE_DOMAIN_CONSTRAINT, LINT_ERROR))
		return;
	type = tree_type(lint, makeTypeNameFromNameList(stmt->typeName), &typmod);
	if (!OidIsValid(type))
		return;
	foreach(cell, live_tables_of_type(type))
	{
		LintTable  *table = tables_of_oid(lint, lfirst_oid(cell));

		if (!tables_is_old(table))
			continue;
		count++;
		tables_measure(table);
		bytes += table->bytes;
		if (largest == NULL || table->bytes > largest->bytes)
			largest = table;
	}
	if (largest == NULL)
		return;
	lint_report(lint, RULE_DOMAIN_CONSTRAINT, tables_bytes_severity(bytes), -1,
				count == 1 ?
				psprintf("for the constraint on domain %s, all of %s is read; meanwhile nobody writes to the table (SHARE lock)",
						 format_type_be(type), tables_label(largest)) :
				psprintf("for the constraint on domain %s, %d tables are read, the largest of them %s; meanwhile nobody writes to them (SHARE lock)",
						 format_type_be(type), count, tables_label(largest)),
				adds ?
				psprintf("ALTER DOMAIN %s ADD CONSTRAINT ... CHECK (...) NOT VALID; and in the next migration ALTER DOMAIN %s VALIDATE CONSTRAINT ....",
						 format_type_be(type), format_type_be(type)) :
				psprintf("ALTER DOMAIN %s ADD CONSTRAINT ... CHECK (VALUE IS NOT NULL) NOT VALID; and in the next migration VALIDATE CONSTRAINT.",
						 format_type_be(type)));
}

/*
 * Rules about types.
 */
void
rules_type(Lint *lint, Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_AlterEnumStmt:
			look_at_enum(lint, (AlterEnumStmt *) stmt);
			break;
		case T_AlterDomainStmt:
			look_at_domain(lint, (AlterDomainStmt *) stmt);
			break;
		default:
			break;
	}
}
