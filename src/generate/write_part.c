/*-------------------------------------------------------------------------
 *
 * write_part.c
 *	  Constraints, indexes, triggers, rules and policies, whichever it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "generate/attached.h"
#include "generate/property.h"
#include "generate/write.h"

void
part_make(SchemaPlan *plan, const DependNode *part)
{
	if (depend_is(part, "constraint"))
		constraint_make(plan, part);
	else if (depend_is(part, "index"))
		index_make(plan, part);
	else if (depend_is(part, "trigger"))
		trigger_make(plan, part);
	else if (depend_is(part, "rule"))
		rule_make(plan, part);
	else if (depend_is(part, "policy"))
		policy_make(plan, part);
	else
		plan_skip(plan, part, "objects of this kind are not written");
}

/*
 * Is it dropped with what it was made by, in the table that this one is a
 * partition of or inherits from?
 */
static bool
goes_with_parent(const DependNode *part)
{
	return depend_follows_parent(part) ||
		(depend_is(part, "trigger") && strstr(part->row->definition, "EXECUTE ") == NULL);
}

void
part_drop(SchemaPlan *plan, const DependNode *part)
{
	if (goes_with_parent(part))
		return;
	if (depend_is(part, "constraint"))
		plan_add(plan, PLAN_DROP_FIRST, part, "ALTER %s %s DROP CONSTRAINT %s",
				 attached_word(part->unit->kind), part->unit->identity, part->row->name);
	else if (depend_is(part, "index"))
		plan_add(plan, PLAN_DROP_FIRST, part, "DROP INDEX %s",
				 snapshot_row_identity(part->unit, part->row));
	else
		plan_add(plan, PLAN_DROP_FIRST, part, "DROP %s %s ON %s", attached_word(part->row->kind),
				 part->row->name, part->unit->identity);
}

/*
 * Writes what can be changed of a part that is there.  Returns whether that is
 * all; else it is to be made anew.  "plan" may be NULL, only to ask.
 */
bool
part_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	static const char *const changeable[] = {
		"comment", "label", "partition of index", "clustered", NULL
	};
	const char *old = from->row->definition;
	const char *new = to->row->definition;

	if (strcmp(old, new) == 0)
		return true;
	if (depend_is(to, "constraint"))
		return constraint_change(plan, from, to);
	if (!prop_same_but(old, new, changeable))
		return false;
	if (plan && prop_has(old, "clustered") != prop_has(new, "clustered"))
		plan_add(plan, prop_has(new, "clustered") ? PLAN_FINISH : PLAN_MAKE, to,
				 prop_has(new, "clustered") ? "ALTER TABLE %s CLUSTER ON %s" :
				 "ALTER TABLE %s SET WITHOUT CLUSTER", to->unit->identity, to->row->name);
	if (plan)
		attached_write_part(plan, to, old);
	return true;
}

/*
 * Writes that a part has another name.
 */
void
part_rename(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	if (goes_with_parent(from) && !depend_is(from, "index") &&
		!prop_has(from->row->definition, "partition of index"))
		return;
	if (depend_is(from, "constraint"))
		plan_add(plan, PLAN_DROP_FIRST, from, "ALTER %s %s RENAME CONSTRAINT %s TO %s",
				 attached_word(from->unit->kind), from->unit->identity, from->row->name,
				 to->row->name);
	else if (depend_is(from, "index"))
		plan_add(plan, PLAN_DROP_FIRST, from, "ALTER INDEX %s RENAME TO %s",
				 snapshot_row_identity(from->unit, from->row), to->row->name);
	else
		plan_add(plan, PLAN_DROP_FIRST, from, "ALTER %s %s ON %s RENAME TO %s",
				 attached_word(from->row->kind), from->row->name, from->unit->identity,
				 to->row->name);
}
