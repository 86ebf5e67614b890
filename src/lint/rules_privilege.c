/*-------------------------------------------------------------------------
 *
 * rules_privilege.c
 *	  Rules about rights, and about what guards the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "utils/syscache.h"

#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

static bool
is_to_public(const GrantStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->grantees)
		if (lfirst_node(RoleSpec, cell)->roletype == ROLESPEC_PUBLIC)
			return true;
	return false;
}

/*
 * Does it grant more than to read and to call?
 */
static bool
lets_write(const GrantStmt *stmt)
{
	ListCell   *cell;

	if (stmt->objtype != OBJECT_TABLE && stmt->objtype != OBJECT_SCHEMA &&
		stmt->objtype != OBJECT_SEQUENCE && stmt->objtype != OBJECT_DATABASE)
		return false;
	if (stmt->privileges == NIL)
		return true;
	foreach(cell, stmt->privileges)
	{
		const char *name = lfirst_node(AccessPriv, cell)->priv_name;

		if (name == NULL || (strcmp(name, "select") != 0 && strcmp(name, "usage") != 0 &&
							 strcmp(name, "connect") != 0 && strcmp(name, "temporary") != 0 &&
							 strcmp(name, "temp") != 0))
			return true;
	}
	return false;
}

/*
 * Do policies of row security say, for each of the tables, who may do what?
 */
static bool
has_policies(Lint *lint, const GrantStmt *stmt)
{
	ListCell   *cell;

	if (stmt->targtype != ACL_TARGET_OBJECT || stmt->objtype != OBJECT_TABLE)
		return false;
	foreach(cell, stmt->objects)
	{
		LintTable  *table = tables_find(lint, lfirst_node(RangeVar, cell));

		if (table == NULL ||
			(table->policies == NIL && !(OidIsValid(table->oid) && live_has_policy(table->oid))))
			return false;
	}
	return true;
}

static void
look_at_grant(Lint *lint, GrantStmt *stmt)
{
	bool		writes;

	if (!stmt->is_grant || !is_to_public(stmt))
		return;
	writes = lets_write(stmt) && !has_policies(lint, stmt);
	lint_report(lint, RULE_GRANT_TO_PUBLIC, writes ? LINT_WARNING : LINT_NOTICE, -1,
				psprintf("PUBLIC is every role that there is, and those made later; all of them %s",
						 writes ? "may change or create something by this" : "get this right"),
				pstrdup("Make a role for those who need it, and grant it to that."));
}

/*
 * Does the script have the table's triggers fire again, after this?
 */
static bool
enables_later(Lint *lint, const AlterTableStmt *stmt)
{
	ListCell   *cell;

	for (int i = lint->index; i < list_length(lint->script->statements); i++)
	{
		AlterTableStmt *other = (AlterTableStmt *) list_nth_node(RawStmt, lint->script->statements, i)->stmt;

		if (!IsA(other, AlterTableStmt) ||
			strcmp(other->relation->relname, stmt->relation->relname) != 0)
			continue;
		foreach(cell, other->cmds)
			switch (lfirst_node(AlterTableCmd, cell)->subtype)
			{
				case AT_EnableTrig:
				case AT_EnableAlwaysTrig:
				case AT_EnableReplicaTrig:
				case AT_EnableTrigAll:
				case AT_EnableTrigUser:
					return true;
				default:
					break;
			}
	}
	return false;
}

static void
judge_policy(Lint *lint, void *arg)
{
	LintTable  *table = arg;

	if (table->gone || lint->opaque || table->policies != NIL || live_has_policy(table->oid))
		return;
	lint_report(lint, RULE_ROW_SECURITY_NO_POLICY, LINT_WARNING, -1,
				psprintf("%s gets row security without a policy; nobody but its owner, superusers and roles with BYPASSRLS see a row of it from here on",
						 tables_label(table)),
				psprintf("CREATE POLICY ... ON %s ..., in the same migration.", tables_sql(table)));
}

static bool
has_row_security(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	return result;
}

static void
look_at_table(Lint *lint, AlterTableStmt *stmt)
{
	LintTable  *table = tables_old(lint, stmt->relation);
	ListCell   *cell;

	if (table == NULL)
		return;
	foreach(cell, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		switch (command->subtype)
		{
			case AT_DisableTrig:
			case AT_DisableTrigAll:
			case AT_DisableTrigUser:
				if (!enables_later(lint, stmt))
					lint_report(lint, RULE_DISABLE_TRIGGER, LINT_WARNING, -1,
								psprintf("triggers of table \"%s\" do not fire from here on%s", table->name,
										 command->subtype == AT_DisableTrigAll ? ", those of its foreign keys included" : ""),
								psprintf("Have them fire again in the same migration: ALTER TABLE %s ENABLE TRIGGER ....",
										 tables_sql(table)));
				break;
			case AT_DisableRowSecurity:
				if (has_row_security(table->oid))
					lint_report(lint, RULE_DISABLE_ROW_SECURITY, LINT_WARNING, -1,
								psprintf("table \"%s\" loses row security; whoever may read it sees all its rows from here on",
										 table->name),
								pstrdup("Change the policies instead, or see who may read the table."));
				break;
			case AT_EnableRowSecurity:
				if (!has_row_security(table->oid) &&
					lint_wants(lint, RULE_ROW_SECURITY_NO_POLICY, LINT_WARNING))
					lint_later(lint, judge_policy, table);
				break;
			default:
				break;
		}
	}
}

static void
look_at_set(Lint *lint, VariableSetStmt *stmt)
{
	const char *value;

	if (stmt->name == NULL || pg_strcasecmp(stmt->name, "session_replication_role") != 0 ||
		stmt->kind != VAR_SET_VALUE || list_length(stmt->args) != 1)
		return;
	value = tree_string(linitial(stmt->args));
	if (value && pg_strcasecmp(value, "replica") == 0)
		lint_report(lint, RULE_DISABLE_TRIGGER, LINT_WARNING, -1,
					pstrdup("no trigger fires from here on to the end of the migration, and no foreign key is checked"),
					pstrdup("Leave it out; rows that break a foreign key stay, and nothing finds them."));
}

static void
look_at_options(Lint *lint, List *options)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "password") == 0 && option->arg)
			lint_report(lint, RULE_PASSWORD, LINT_WARNING, option->location,
						pstrdup("the password is kept in the ledger, with the text of the migration, for all who may read it"),
						pstrdup("Set it by hand, with \\password in psql."));
	}
}

/*
 * Rules about rights.
 */
void
rules_privilege(Lint *lint, Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_GrantStmt:
			look_at_grant(lint, (GrantStmt *) stmt);
			break;
		case T_AlterDefaultPrivilegesStmt:
			look_at_grant(lint, ((AlterDefaultPrivilegesStmt *) stmt)->action);
			break;
		case T_AlterTableStmt:
			look_at_table(lint, (AlterTableStmt *) stmt);
			break;
		case T_VariableSetStmt:
			look_at_set(lint, (VariableSetStmt *) stmt);
			break;
		case T_CreateRoleStmt:
			look_at_options(lint, ((CreateRoleStmt *) stmt)->options);
			break;
		case T_AlterRoleStmt:
			look_at_options(lint, ((AlterRoleStmt *) stmt)->options);
			break;
		case T_CreateUserMappingStmt:
			look_at_options(lint, ((CreateUserMappingStmt *) stmt)->options);
			break;
		case T_AlterUserMappingStmt:
			look_at_options(lint, ((AlterUserMappingStmt *) stmt)->options);
			break;
		default:
			break;
	}
}
