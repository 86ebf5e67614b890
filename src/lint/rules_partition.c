/*-------------------------------------------------------------------------
 *
 * rules_partition.c
 *	  Rules about partitions that are attached, made and detached.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "lint/family.h"
#include "lint/live.h"
#include "lint/tree.h"

/*
 * Returns a bound as SQL, or NULL if it is no plain literal.
 */
static char *
bound_sql(const List *datums)
{
	const Node *datum = list_length(datums) == 1 ? linitial(datums) : NULL;
	A_Const    *constant = (A_Const *) datum;

	if (tree_string(datum))
		return quote_literal_cstr(tree_string(datum));
	if (datum && IsA(datum, A_Const) && IsA(&constant->val, Integer))
		return psprintf("%d", intVal(&constant->val));
	return NULL;
}

/*
 * Returns the CHECK that says what a partition's bounds say, as far as that is
 * simple.
 */
static char *
check_for_bound(const PartitionBoundSpec *bound, const List *columns)
{
	const char *column;
	char	   *lower,
			   *upper;

	if (bound == NULL || bound->strategy != PARTITION_STRATEGY_RANGE || list_length(columns) != 1)
		return pstrdup("what the bounds say, and that the key is not null");
	column = quote_identifier(linitial(columns));
	lower = bound_sql(bound->lowerdatums);
	upper = bound_sql(bound->upperdatums);
	if (lower == NULL || upper == NULL)
		return pstrdup("what the bounds say, and that the key is not null");
	return psprintf("%s IS NOT NULL AND %s >= %s AND %s < %s", column, column, lower, column, upper);
}

/*
 * Has the table a CHECK constraint with one of the key's columns?  It is taken
 * to be one that fits.
 */
static bool
may_be_proven(LintTable *table, const List *key)
{
	List	   *numbers = NIL;
	ListCell   *cell;

	if (table->checked)
		return true;
	foreach(cell, key)
	{
		LintColumn *column = tables_column(table, lfirst(cell));

		if (column == NULL)
			return true;
		numbers = lappend_int(numbers, column->number);
	}
	return live_checks_of_columns(table->oid, numbers) != NIL;
}

/*
 * A new partition makes the server see that the default one has none of its
 * rows.
 */
static void
look_at_default(Lint *lint, LintTable *parent, int location)
{
	Oid			oid = OidIsValid(parent->oid) ? get_default_partition_oid(parent->oid) : InvalidOid;
	LintTable  *partition = OidIsValid(oid) ? tables_of_oid(lint, oid) : NULL;
	LintSeverity severity;

	if (!tables_is_old(partition))
		return;
	severity = tables_severity(partition);
	if (!lint_wants(lint, RULE_DEFAULT_PARTITION_SCAN, severity) ||
		may_be_proven(partition, live_partition_key(parent->oid)))
		return;
	lint_report(lint, RULE_DEFAULT_PARTITION_SCAN, severity, location,
				psprintf("to see that no row belongs into the new partition, the default partition is read, %s; meanwhile nobody reads or writes it (ACCESS EXCLUSIVE lock)",
						 tables_label(partition)),
				psprintf("ALTER TABLE %s ADD CONSTRAINT ... CHECK (...) NOT VALID, saying that it has none of those rows; validate it in the next migration; then make the partition.",
						 tables_sql(partition)));
}

static void
look_at_attach(Lint *lint, LintTable *parent, PartitionCmd *command)
{
	LintTable  *partition = tables_old(lint, command->name);
	List	   *key;
	LintSeverity severity;
	const char *constraint;

	if (command->bound == NULL || !command->bound->is_default)
		look_at_default(lint, parent, command->name->location);
	if (partition == NULL || command->bound == NULL)
		return;
	severity = tables_severity(partition);
	if (!lint_wants(lint, RULE_ATTACH_PARTITION, severity))
		return;
	key = OidIsValid(parent->oid) ? live_partition_key(parent->oid) : NIL;
	if (may_be_proven(partition, key))
		return;
	constraint = quote_identifier(makeObjectName(partition->name, NULL, "bound"));
	lint_report(lint, RULE_ATTACH_PARTITION, severity, command->name->location,
				psprintf("to see that its rows are within the bounds, all of %s is read; meanwhile nobody reads or writes it (ACCESS EXCLUSIVE lock)",
						 tables_label(partition)),
				psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID; in the next migration ALTER TABLE %s VALIDATE CONSTRAINT %s; then ATTACH PARTITION, which finds it proven; then drop the constraint.",
						 tables_sql(partition), constraint, check_for_bound(command->bound, key),
						 tables_sql(partition), constraint));
}

static void
look_at_detach(Lint *lint, LintTable *parent, PartitionCmd *command)
{
	bool		has_default = OidIsValid(get_default_partition_oid(parent->oid));
	LintSeverity severity;

	if (command->concurrent)
	{
		if (has_default && !lint->opaque)
			lint_report(lint, RULE_CONCURRENTLY_FAILS, LINT_ERROR, command->name->location,
						psprintf("table \"%s\" has a default partition; PostgreSQL does not detach from such concurrently",
								 parent->name),
						psprintf("ALTER TABLE %s DETACH PARTITION %s.", tables_sql(parent),
								 quote_qualified_identifier(command->name->schemaname, command->name->relname)));
		return;
	}
	severity = tables_lesser(tables_severity(parent), LINT_WARNING);
	if (has_default || !lint_wants(lint, RULE_DETACH_PARTITION, severity))
		return;
	lint_report(lint, RULE_DETACH_PARTITION, severity, command->name->location,
				psprintf("detaching a partition locks %s; until the migration commits, nobody reads or writes it (ACCESS EXCLUSIVE lock)",
						 tables_label(parent)),
				psprintf("ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY, with CALL migrate_run() or migrate_up().",
						 tables_sql(parent),
						 quote_qualified_identifier(command->name->schemaname, command->name->relname)));
}

/*
 * Rules about partitions, in a change of a table.
 */
void
rules_partition(Lint *lint, LintTable *table, AlterTableCmd *command)
{
	if (table->kind != RELKIND_PARTITIONED_TABLE)
		return;
	if (command->subtype == AT_AttachPartition)
		look_at_attach(lint, table, (PartitionCmd *) command->def);
	else if (command->subtype == AT_DetachPartition && tables_is_old(table))
		look_at_detach(lint, table, (PartitionCmd *) command->def);
}

/*
 * To make a partition locks the partitioned table, to attach one does not.
 */
static void
look_at_create(Lint *lint, LintTable *parent, CreateStmt *stmt)
{
	LintSeverity severity = tables_lesser(tables_severity(parent), LINT_WARNING);
	char	   *name = quote_qualified_identifier(stmt->relation->schemaname, stmt->relation->relname);

	if (!lint_wants(lint, RULE_CREATE_PARTITION, severity))
		return;
	lint_report(lint, RULE_CREATE_PARTITION, severity, stmt->relation->location,
				psprintf("making the partition locks %s; until the migration commits, nobody reads or writes it (ACCESS EXCLUSIVE lock)",
						 tables_label(parent)),
				psprintf("CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS); then ALTER TABLE %s ATTACH PARTITION %s ..., during which others read and write.",
						 name, tables_sql(parent), tables_sql(parent), name));
}

/*
 * Rules about a table that is made as a partition.
 */
void
rules_partition_of(Lint *lint, CreateStmt *stmt)
{
	LintTable  *parent;

	if (stmt->partbound == NULL || stmt->inhRelations == NIL)
		return;
	parent = tables_find(lint, linitial(stmt->inhRelations));
	if (parent == NULL || parent->kind != RELKIND_PARTITIONED_TABLE)
		return;
	if (!stmt->partbound->is_default)
		look_at_default(lint, parent, stmt->relation->location);
	if (tables_is_old(parent))
		look_at_create(lint, parent, stmt);
}
