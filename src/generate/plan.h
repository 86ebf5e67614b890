/*
 * plan.h
 *	  The statements that make one schema into another.
 */
#ifndef NEON_MIGRATE_GENERATE_PLAN_H
#define NEON_MIGRATE_GENERATE_PLAN_H

#include "compat.h"
#include "generate/depend.h"

/*
 * When a statement runs.  Within the two phases that drop, what depends on
 * something comes before it; within the others, after it.
 */
typedef enum PlanPhase
{
	PLAN_DROP_FIRST,			/* what is in the way, or is made anew */
	PLAN_MAKE,
	PLAN_FINISH,				/* ties between what is there by then */
	PLAN_DROP_LAST
} PlanPhase;

/*
 * What a statement sets besides the object itself: this may need rights over
 * roles.
 */
typedef enum PlanTopic
{
	PLAN_OBJECT,
	PLAN_OWNER,
	PLAN_GRANT
} PlanTopic;

typedef struct PlanStatement
{
	PlanPhase	phase;
	PlanTopic	topic;
	int			order;			/* of its node */
	int			number;			/* in which it was added */
	const char *text;
	const char *note;			/* a comment before it, or NULL */
} PlanStatement;

typedef struct SchemaPlan
{
	DependGraph *from;
	DependGraph *to;
	bool		is_down;		/* goes back to the schema that is there */
	bool		all_owners;		/* also where it is the current role */
	List	   *statements;		/* PlanStatement */
	List	   *warnings;		/* char * */
	List	   *skipped;		/* char *: identities of what could not be written */
	List	   *left;			/* char *: why not */
} SchemaPlan;

extern PlanStatement *plan_add(SchemaPlan *plan, PlanPhase phase, const DependNode *node,
							   const char *format,...) compat_printf(4, 5);
extern void plan_warn(SchemaPlan *plan, const char *format,...) compat_printf(2, 3);
extern void plan_warn_up(SchemaPlan *plan, const char *format,...) compat_printf(2, 3);
extern void plan_skip(SchemaPlan *plan, const DependNode *node, const char *why);
extern void plan_sort(SchemaPlan *plan);
extern char *plan_text(const SchemaPlan *plan, bool for_proof);

#endif							/* NEON_MIGRATE_GENERATE_PLAN_H */
