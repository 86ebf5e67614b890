/*-------------------------------------------------------------------------
 *
 * write_unit.c
 *	  Objects of any kind: who writes which.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "generate/attached.h"
#include "generate/property.h"
#include "generate/write.h"

static void
routine_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	(void) from;
	routine_make(plan, to);
}

static void
attached_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	attached_write_unit(plan, PLAN_MAKE, to, from->row->definition);
}

static const struct
{
	const char *kind;
	void		(*make) (SchemaPlan *plan, const DependNode *to);
	void		(*change) (SchemaPlan *plan, const DependNode *from, const DependNode *to);
}			writers[] = {
	{"schema", schema_make, attached_change},
	{"extension", extension_make, attached_change},
	{"default privileges", default_privileges_make, default_privileges_change},
	{"type", type_make, type_change},
	{"domain", domain_make, domain_change},
	{"sequence", sequence_make, sequence_change},
	{"table", table_make, table_change},
	{"function", routine_make, routine_change},
	{"procedure", routine_make, routine_change},
	{"aggregate", routine_make, routine_change},
	{"view", view_make, view_change},
	{"materialized view", view_make, view_change},
	{"statistics", statistics_make, attached_change},
};

static int
writer_of(const char *kind)
{
	for (int i = 0; i < (int) lengthof(writers); i++)
		if (strcmp(writers[i].kind, kind) == 0)
			return i;
	return -1;
}

/*
 * Are objects of this kind written at all?
 */
bool
unit_is_written(const char *kind)
{
	return writer_of(kind) >= 0;
}

void
unit_make(SchemaPlan *plan, const DependNode *to)
{
	writers[writer_of(to->unit->kind)].make(plan, to);
}

void
unit_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	writers[writer_of(to->unit->kind)].change(plan, from, to);
}

void
unit_drop(SchemaPlan *plan, PlanPhase phase, const DependNode *from)
{
	if (strcmp(from->unit->kind, "default privileges") == 0)
		attached_write_default_privileges(plan, phase, from, from->row->definition, "");
	else
		plan_add(plan, phase, from, "DROP %s %s", attached_word(from->unit->kind),
				 attached_identity(from->unit));
}

/*
 * Can the one be made into the other only by dropping it first?
 */
bool
unit_must_be_made_anew(const DependNode *from, const DependNode *to)
{
	const char *kind = to->unit->kind;

	if (strcmp(kind, "view") == 0 || strcmp(kind, "materialized view") == 0)
		return !view_is_same_query(from, to);
	if (strcmp(kind, "function") == 0 || strcmp(kind, "procedure") == 0 ||
		strcmp(kind, "aggregate") == 0)
		return !routine_is_replaceable(from, to);
	if (strcmp(kind, "statistics") == 0)
		return !type_is_changeable(from->row->definition, to->row->definition);
	return false;
}
