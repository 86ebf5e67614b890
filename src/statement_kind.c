/*-------------------------------------------------------------------------
 *
 * statement_kind.c
 *	  What a parse tree says about how its statement must be run.
 *
 * The list of statements that PostgreSQL refuses in a transaction block is
 * that of the callers of PreventInTransactionBlock() in the server.  A few of
 * them depend on the catalogs (REINDEX of a partitioned table, say); those
 * the server itself refuses when they run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "nodes/parsenodes.h"

#include "statement_kind.h"

/*
 * Returns the value of a boolean option in a list of DefElems, or "missing".
 */
static bool
option_is_on(List *options, const char *name, bool missing)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0)
			return defGetBoolean(option);
	}
	return missing;
}

static const char *
reindex_kind(ReindexStmt *stmt)
{
	bool		concurrently = option_is_on(stmt->params, "concurrently", false);

	switch (stmt->kind)
	{
		case REINDEX_OBJECT_SCHEMA:
			return concurrently ? "REINDEX SCHEMA CONCURRENTLY" : "REINDEX SCHEMA";
		case REINDEX_OBJECT_SYSTEM:
			return concurrently ? "REINDEX SYSTEM CONCURRENTLY" : "REINDEX SYSTEM";
		case REINDEX_OBJECT_DATABASE:
			return concurrently ? "REINDEX DATABASE CONCURRENTLY" : "REINDEX DATABASE";
		default:
			return concurrently ? "REINDEX CONCURRENTLY" : NULL;
	}
}

static const char *
alter_table_kind(AlterTableStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		if (command->subtype == AT_DetachPartition &&
			((PartitionCmd *) command->def)->concurrent)
			return "ALTER TABLE ... DETACH PARTITION CONCURRENTLY";
	}
	return NULL;
}

static const char *
alter_subscription_kind(AlterSubscriptionStmt *stmt)
{
	switch (stmt->kind)
	{
		case ALTER_SUBSCRIPTION_REFRESH:
			return "ALTER SUBSCRIPTION ... REFRESH";
		case ALTER_SUBSCRIPTION_SET_PUBLICATION:
		case ALTER_SUBSCRIPTION_ADD_PUBLICATION:
		case ALTER_SUBSCRIPTION_DROP_PUBLICATION:
			return option_is_on(stmt->options, "refresh", true) ?
				"ALTER SUBSCRIPTION with refresh" : NULL;
		default:
			return NULL;
	}
}

/*
 * Returns the name of a kind of statement that cannot run in a transaction
 * block, if "stmt" is one, else NULL.
 */
const char *
statement_nontransactional_kind(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_IndexStmt:
			return ((IndexStmt *) stmt)->concurrent ? "CREATE INDEX CONCURRENTLY" : NULL;
		case T_DropStmt:
			return ((DropStmt *) stmt)->concurrent ? "DROP INDEX CONCURRENTLY" : NULL;
		case T_ReindexStmt:
			return reindex_kind((ReindexStmt *) stmt);
		case T_AlterTableStmt:
			return alter_table_kind((AlterTableStmt *) stmt);
		case T_VacuumStmt:
			return ((VacuumStmt *) stmt)->is_vacuumcmd ? "VACUUM" : NULL;
		case T_ClusterStmt:
			return ((ClusterStmt *) stmt)->relation == NULL ? "CLUSTER of all tables" : NULL;
		case T_CreatedbStmt:
			return "CREATE DATABASE";
		case T_DropdbStmt:
			return "DROP DATABASE";
		case T_AlterDatabaseStmt:
			{
				AlterDatabaseStmt *alter = (AlterDatabaseStmt *) stmt;

				return list_length(alter->options) == 1 &&
					strcmp(linitial_node(DefElem, alter->options)->defname, "tablespace") == 0 ?
					"ALTER DATABASE ... SET TABLESPACE" : NULL;
			}
		case T_CreateTableSpaceStmt:
			return "CREATE TABLESPACE";
		case T_DropTableSpaceStmt:
			return "DROP TABLESPACE";
		case T_AlterSystemStmt:
			return "ALTER SYSTEM";
		case T_CreateSubscriptionStmt:
			{
				List	   *options = ((CreateSubscriptionStmt *) stmt)->options;

				return option_is_on(options, "connect", true) &&
					option_is_on(options, "create_slot", true) ?
					"CREATE SUBSCRIPTION" : NULL;
			}
		case T_DropSubscriptionStmt:
			return "DROP SUBSCRIPTION";
		case T_AlterSubscriptionStmt:
			return alter_subscription_kind((AlterSubscriptionStmt *) stmt);
		default:
			return NULL;
	}
}
