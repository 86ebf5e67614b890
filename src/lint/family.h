/*
 * family.h
 *	  The families of rules, each in the file of its name, and what follows a
 *	  script's changes.
 */
#ifndef NEON_MIGRATE_LINT_FAMILY_H
#define NEON_MIGRATE_LINT_FAMILY_H

#include "lint/lint.h"
#include "lint/tables.h"

/* Each looks at a statement, before it is followed. */
extern void rules_data(Lint *lint, Node *stmt);
extern void rules_definition(Lint *lint, Node *stmt);
extern void rules_drop(Lint *lint, Node *stmt);
extern void rules_index(Lint *lint, Node *stmt);
extern void rules_maintenance(Lint *lint, Node *stmt);
extern void rules_privilege(Lint *lint, Node *stmt);
extern void rules_rename(Lint *lint, Node *stmt);
extern void rules_table(Lint *lint, Node *stmt);
extern void rules_transaction(Lint *lint, Node *stmt);
extern void rules_type(Lint *lint, Node *stmt);

/* These look at one change of a table, before it is followed. */
extern void rules_column(Lint *lint, LintTable *table, AlterTableCmd *command);
extern void rules_change_type(Lint *lint, LintTable *table, AlterTableCmd *command);
extern void rules_constraint(Lint *lint, LintTable *table, AlterTableCmd *command);
extern void rules_partition(Lint *lint, LintTable *table, AlterTableCmd *command);
extern void rules_storage(Lint *lint, LintTable *table, AlterTableCmd *command);

/* and these at columns and constraints that a statement makes */
extern void rules_column_type(Lint *lint, const ColumnDef *column, List *table_constraints);
extern void rules_foreign_key(Lint *lint, LintTable *table, Constraint *constraint, List *columns);
extern void rules_partition_of(Lint *lint, CreateStmt *stmt);

/* at a table that was made, after it was followed */
extern void rules_made_table(Lint *lint, CreateStmt *stmt);

/* the statement writes a table anew */
extern void rules_note_rewrite(Lint *lint, LintTable *table);

/* at the whole text */
extern void rules_names(Lint *lint);

/* in follow.c: what the statement, or the change of a table, does */
extern void follow_statement(Lint *lint, Node *stmt);
extern void follow_command(Lint *lint, LintTable *table, AlterTableCmd *command);

#endif							/* NEON_MIGRATE_LINT_FAMILY_H */
