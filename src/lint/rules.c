/*-------------------------------------------------------------------------
 *
 * rules.c
 *	  The rules of the linter: their names, and what they are about.
 *
 * docs/lint/ has a page for each, called after it.  Names are for ever: they
 * are in comments of migrations that were applied long ago.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/rules.h"

PG_FUNCTION_INFO_V1(migrate_lint_rules);

typedef struct RuleEntry
{
	const char *name;
	const char *summary;
} RuleEntry;

/* by LintRule; also in alphabetical order */
static const RuleEntry rules[RULE_COUNT] = {
	[RULE_ADD_CHECK] = {"add-check", "a CHECK constraint is added without NOT VALID"},
	[RULE_ADD_COLUMN_NOT_NULL] = {"add-column-not-null", "a NOT NULL column is added without a default to a table with rows"},
	[RULE_ADD_COLUMN_REWRITE] = {"add-column-rewrite", "a column is added whose values make the table be rewritten"},
	[RULE_ADD_COLUMN_SCAN] = {"add-column-scan", "a column is added with a constraint that the whole table is read for"},
	[RULE_ADD_EXCLUDE] = {"add-exclude", "an exclusion constraint is added"},
	[RULE_ADD_FOREIGN_KEY] = {"add-foreign-key", "a foreign key is added without NOT VALID"},
	[RULE_ADD_PRIMARY_KEY] = {"add-primary-key", "a primary key is added without an index that is there"},
	[RULE_ADD_UNIQUE] = {"add-unique", "a unique constraint is added without an index that is there"},
	[RULE_ATTACH_PARTITION] = {"attach-partition", "a partition is attached without a CHECK constraint that fits"},
	[RULE_CHANGE_TYPE_FAILS] = {"change-type-fails", "a column's type is changed in a way that PostgreSQL refuses"},
	[RULE_CHANGE_TYPE_RECHECK] = {"change-type-recheck", "a change of type makes CHECK constraints be checked again"},
	[RULE_CHANGE_TYPE_REINDEX] = {"change-type-reindex", "a change of type makes indexes be built again"},
	[RULE_CHANGE_TYPE_REWRITE] = {"change-type-rewrite", "a change of type makes the table be rewritten"},
	[RULE_CHAR_TYPE] = {"char-type", "a column is of type char(n)"},
	[RULE_CLUSTER] = {"cluster", "CLUSTER rewrites a table"},
	[RULE_CONCURRENTLY_FAILS] = {"concurrently-fails", "CONCURRENTLY is used where PostgreSQL refuses it"},
	[RULE_CREATE_INDEX] = {"create-index", "an index is built without CONCURRENTLY"},
	[RULE_CREATE_PARTITION] = {"create-partition", "a table is made as a partition, instead of attached as one"},
	[RULE_DEFAULT_PARTITION_SCAN] = {"default-partition-scan", "a new partition makes the default partition be read"},
	[RULE_DELETE_ALL] = {"delete-all", "DELETE without WHERE"},
	[RULE_DETACH_PARTITION] = {"detach-partition", "a partition is detached without CONCURRENTLY"},
	[RULE_DISABLE_ROW_SECURITY] = {"disable-row-security", "row security is taken off a table"},
	[RULE_DISABLE_TRIGGER] = {"disable-trigger", "triggers are disabled and not enabled again"},
	[RULE_DOMAIN_CONSTRAINT] = {"domain-constraint", "a constraint is added to a domain that tables use"},
	[RULE_DROP_CASCADE] = {"drop-cascade", "CASCADE drops what is not named"},
	[RULE_DROP_COLUMN] = {"drop-column", "a column is dropped from a table with rows"},
	[RULE_DROP_DATABASE] = {"drop-database", "a database is dropped"},
	[RULE_DROP_DEFAULT] = {"drop-default", "a NOT NULL column loses its default"},
	[RULE_DROP_FAILS] = {"drop-fails", "what is dropped without CASCADE is needed by others"},
	[RULE_DROP_INDEX] = {"drop-index", "an index is dropped without CONCURRENTLY"},
	[RULE_DROP_NOT_NULL] = {"drop-not-null", "a column may become null"},
	[RULE_DROP_OWNED] = {"drop-owned", "DROP OWNED drops tables with rows"},
	[RULE_DROP_PRIMARY_KEY] = {"drop-primary-key", "a primary key is dropped"},
	[RULE_DROP_SCHEMA] = {"drop-schema", "a schema is dropped with tables that have rows"},
	[RULE_DROP_TABLE] = {"drop-table", "a table with rows is dropped"},
	[RULE_DROP_USED_INDEX] = {"drop-used-index", "an index is dropped that queries use"},
	[RULE_DUPLICATE_INDEX] = {"duplicate-index", "an index is built that is there already"},
	[RULE_ENUM_VALUE_USED] = {"enum-value-used", "a new value of an enum is used in the transaction that adds it"},
	[RULE_FOREIGN_KEY_FAILS] = {"foreign-key-fails", "a foreign key refers to columns that are not unique"},
	[RULE_FOREIGN_KEY_INDEX] = {"foreign-key-index", "no index begins with the columns of a foreign key"},
	[RULE_FOREIGN_KEY_TYPE] = {"foreign-key-type", "a foreign key's columns are of other types than those it refers to"},
	[RULE_GRANT_TO_PUBLIC] = {"grant-to-public", "rights are granted to PUBLIC"},
	[RULE_IF_NOT_EXISTS] = {"if-not-exists", "IF NOT EXISTS passes over an object that is defined differently"},
	[RULE_INTEGER_KEY] = {"integer-key", "a primary key is of a type with less than 64 bits"},
	[RULE_INVALID_INDEX] = {"invalid-index", "IF NOT EXISTS passes over an invalid index"},
	[RULE_JSON_TYPE] = {"json-type", "a column is of type json"},
	[RULE_LOCK_HELD] = {"lock-held", "a table stays locked while something long runs"},
	[RULE_LOCK_TABLE] = {"lock-table", "LOCK TABLE locks a large table"},
	[RULE_MANY_LOCKS] = {"many-locks", "one transaction locks several tables against all use"},
	[RULE_MONEY_TYPE] = {"money-type", "a column is of type money"},
	[RULE_NAME_TRUNCATED] = {"name-truncated", "a name is longer than PostgreSQL keeps"},
	[RULE_NO_PRIMARY_KEY] = {"no-primary-key", "a table is made without a primary key"},
	[RULE_NONTRANSACTIONAL] = {"nontransactional", "a statement refuses to run in a transaction block"},
	[RULE_PASSWORD] = {"password", "a password is in the text of a migration"},
	[RULE_REFRESH_BLOCKING] = {"refresh-blocking", "a materialized view is refreshed without CONCURRENTLY"},
	[RULE_REINDEX] = {"reindex", "REINDEX without CONCURRENTLY"},
	[RULE_RENAME_COLUMN] = {"rename-column", "a column that may be in use gets another name"},
	[RULE_RENAME_ENUM_VALUE] = {"rename-enum-value", "a value of an enum that may be in use gets another name"},
	[RULE_RENAME_SCHEMA] = {"rename-schema", "a schema that may be in use gets another name"},
	[RULE_RENAME_TABLE] = {"rename-table", "a table that may be in use gets another name or schema"},
	[RULE_REPEATED_REWRITE] = {"repeated-rewrite", "a table is rewritten more than once"},
	[RULE_REPLACE_VIEW_COLUMNS] = {"replace-view-columns", "CREATE OR REPLACE VIEW changes columns that are there"},
	[RULE_REPLACE_VIEW_OPTIONS] = {"replace-view-options", "CREATE OR REPLACE VIEW drops options of security"},
	[RULE_ROW_SECURITY_NO_POLICY] = {"row-security-no-policy", "row security is enabled without a policy"},
	[RULE_SECURITY_DEFINER_PATH] = {"security-definer-path", "a SECURITY DEFINER function does not set search_path"},
	[RULE_SERIAL_TYPE] = {"serial-type", "a column is of type serial"},
	[RULE_SET_NOT_NULL] = {"set-not-null", "SET NOT NULL reads the whole table"},
	[RULE_TABLE_REWRITE] = {"table-rewrite", "a table is written anew"},
	[RULE_TIMESTAMP_TYPE] = {"timestamp-type", "a column is of type timestamp without time zone"},
	[RULE_TIMETZ_TYPE] = {"timetz-type", "a column is of type time with time zone"},
	[RULE_TRUNCATE] = {"truncate", "a table with rows is truncated"},
	[RULE_UNKNOWN_RULE] = {"unknown-rule", "a rule is to be ignored that does not exist"},
	[RULE_UNLOGGED_TABLE] = {"unlogged-table", "a table is not safe from a crash"},
	[RULE_UPDATE_ALL] = {"update-all", "UPDATE without WHERE"},
	[RULE_VACUUM_FULL] = {"vacuum-full", "VACUUM FULL rewrites a table"},
	[RULE_VALIDATE_SAME_TRANSACTION] = {"validate-same-transaction", "a constraint is validated in the transaction that adds it"},
	[RULE_VARCHAR_LIMIT] = {"varchar-limit", "a column is of type varchar(n)"},
	[RULE_WIDE_INDEX] = {"wide-index", "an index has many columns"},
};

const char *
rule_name(LintRule rule)
{
	return rules[rule].name;
}

const char *
rule_summary(LintRule rule)
{
	return rules[rule].summary;
}

/*
 * Finds the rule of that name; returns false if there is none.
 */
bool
rule_find(const char *name, LintRule *rule)
{
	for (int i = 0; i < RULE_COUNT; i++)
		if (strcmp(rules[i].name, name) == 0)
		{
			*rule = (LintRule) i;
			return true;
		}
	return false;
}

/*
 * migrate_lint_rules() returns table (rule text, summary text)
 *
 * The rules, by name.
 */
Datum
migrate_lint_rules(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < RULE_COUNT; i++)
	{
		Datum		values[2] = {
			CStringGetTextDatum(rules[i].name), CStringGetTextDatum(rules[i].summary)
		};
		bool		nulls[2] = {0};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
