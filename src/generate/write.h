/*
 * write.h
 *	  Statements that make, change and drop objects, by their kind.
 *
 * "from" is the object as it is, "to" as it is to be.
 */
#ifndef NEON_MIGRATE_GENERATE_WRITE_H
#define NEON_MIGRATE_GENERATE_WRITE_H

#include "generate/plan.h"

/* write_table.c */
extern void table_make(SchemaPlan *plan, const DependNode *to);
extern void table_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);
extern void table_drop_ties(SchemaPlan *plan, const DependNode *from, const DependNode *to);

/* write_column.c */
extern char *column_text(const DependNode *column, bool is_partition);
extern void column_make_rest(SchemaPlan *plan, const DependNode *unit, const DependNode *column);
extern void column_add(SchemaPlan *plan, const DependNode *unit, const DependNode *column);
extern void column_change(SchemaPlan *plan, const DependNode *unit, const DependNode *from,
						  const DependNode *to);
extern void column_drop(SchemaPlan *plan, PlanPhase phase, const DependNode *unit,
						const DependNode *column);
extern void column_drop_default(SchemaPlan *plan, const DependNode *unit, const DependNode *column);
extern char *column_set_sequence(const char *table, const char *column, const char *sequence);

/* write_options.c */
extern char *options_list(const char *options, const char *prefix);
extern void options_change(SchemaPlan *plan, const DependNode *node, const char *alter,
						   const char *from, const char *to, const char *prefix);

/* write_constraint.c */
extern char *constraint_text(const SchemaRow *row);
extern void constraint_make(SchemaPlan *plan, const DependNode *constraint);
extern bool constraint_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);

/* write_index.c */
extern char *index_body(const char *definition, bool of_constraint);
extern void index_make(SchemaPlan *plan, const DependNode *index);

/* write_rule.c */
extern void trigger_make(SchemaPlan *plan, const DependNode *trigger);
extern void rule_make(SchemaPlan *plan, const DependNode *rule);
extern void policy_make(SchemaPlan *plan, const DependNode *policy);

/* write_part.c */
extern void part_make(SchemaPlan *plan, const DependNode *part);
extern void part_drop(SchemaPlan *plan, const DependNode *part);
extern bool part_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);
extern void part_rename(SchemaPlan *plan, const DependNode *from, const DependNode *to);

/* write_type.c */
extern void type_make(SchemaPlan *plan, const DependNode *to);
extern void type_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);
extern void type_replace(SchemaPlan *plan, const DependNode *from);
extern void domain_make(SchemaPlan *plan, const DependNode *to);
extern void domain_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);
extern List *type_enum_labels(const char *definition);
extern bool type_enum_grows(const char *from, const char *to);
extern bool type_is_changeable(const char *from, const char *to);

/* write_sequence.c */
extern char *sequence_clauses(const char *definition, const char *prefix, bool all);
extern void sequence_make(SchemaPlan *plan, const DependNode *to);
extern void sequence_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);

/* write_routine.c */
extern void routine_make(SchemaPlan *plan, const DependNode *to);
extern bool routine_is_replaceable(const DependNode *from, const DependNode *to);

/* write_view.c */
extern void view_make(SchemaPlan *plan, const DependNode *to);
extern void view_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);
extern bool view_is_same_query(const DependNode *from, const DependNode *to);
extern void statistics_make(SchemaPlan *plan, const DependNode *to);

/* write_database.c */
extern void schema_make(SchemaPlan *plan, const DependNode *to);
extern void extension_make(SchemaPlan *plan, const DependNode *to);
extern void default_privileges_make(SchemaPlan *plan, const DependNode *to);
extern void default_privileges_change(SchemaPlan *plan, const DependNode *from,
									 const DependNode *to);

/* write_unit.c */
extern bool unit_is_written(const char *kind);
extern void unit_make(SchemaPlan *plan, const DependNode *to);
extern void unit_change(SchemaPlan *plan, const DependNode *from, const DependNode *to);
extern void unit_drop(SchemaPlan *plan, PlanPhase phase, const DependNode *from);
extern bool unit_must_be_made_anew(const DependNode *from, const DependNode *to);

#endif							/* NEON_MIGRATE_GENERATE_WRITE_H */
