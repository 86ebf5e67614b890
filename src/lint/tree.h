/*
 * tree.h
 *	  What can be read off raw parse trees.
 */
#ifndef NEON_MIGRATE_LINT_TREE_H
#define NEON_MIGRATE_LINT_TREE_H

#include "nodes/parsenodes.h"

#include "lint/lint.h"

extern const char *tree_string(const Node *node);
extern bool tree_is_null(const Node *node);
extern bool tree_is_true(const Node *node);
extern bool tree_is_list_member(const List *names, const char *name);
extern List *tree_names(const List *strings);
extern char *tree_name_list(const List *names);
extern const char *tree_column_of(const Node *node);
extern List *tree_not_null_columns(const Node *check);
extern Constraint *tree_constraint(const List *constraints, ConstrType type);
extern bool tree_is_serial(const TypeName *name);
extern Oid	tree_type(const Lint *lint, const TypeName *name, int32 *typmod);
extern bool tree_is_volatile(Lint *lint, Node *expr);

#endif							/* NEON_MIGRATE_LINT_TREE_H */
