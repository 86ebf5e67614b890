/*-------------------------------------------------------------------------
 *
 * write_constraint.c
 *	  Constraints of tables and domains.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generate/attached.h"
#include "generate/facts.h"
#include "generate/property.h"
#include "generate/write.h"

/*
 * Returns an action with the words of SQL: "SET NULL (column)".
 */
static char *
action_text(const char *action)
{
	int			words = (int) strcspn(action, "(");

	return psprintf("%s%s", attached_word(pnstrdup(action, words)), action + words);
}

static void
append_foreign_key(StringInfo text, const char *definition)
{
	char	   *columns = prop_get(definition, "foreign key");
	char	   *action;

	appendStringInfo(text, "FOREIGN KEY %s REFERENCES %s", columns,
					 prop_get(definition, "references"));
	if (prop_has(definition, "match full"))
		appendStringInfoString(text, " MATCH FULL");
	action = prop_get(definition, "on update");
	if (action)
		appendStringInfo(text, " ON UPDATE %s", action_text(action));
	action = prop_get(definition, "on delete");
	if (action)
		appendStringInfo(text, " ON DELETE %s", action_text(action));
}

/*
 * Returns a constraint as it follows its name.
 */
char *
constraint_text(const SchemaRow *row)
{
	const char *definition = row->definition;
	StringInfoData text;

	initStringInfo(&text);
	if (prop_has(definition, "foreign key"))
		append_foreign_key(&text, definition);
	else if (prop_has(definition, "check"))
		appendStringInfo(&text, "CHECK %s%s",
						 prop_in_parentheses(prop_get(definition, "check")),
						 prop_has(definition, "no inherit") ? " NO INHERIT" : "");
	else
		appendStringInfo(&text, "%s%s", prop_has(definition, "primary key") ? "PRIMARY KEY" :
						 prop_has(definition, "unique") ? "UNIQUE" : "EXCLUDE",
						 index_body(definition, true));
	if (prop_has(definition, "deferrable initially deferred"))
		appendStringInfoString(&text, " DEFERRABLE INITIALLY DEFERRED");
	else if (prop_has(definition, "deferrable"))
		appendStringInfoString(&text, " DEFERRABLE");
	if (prop_has(definition, "not enforced"))
		appendStringInfoString(&text, " NOT ENFORCED");
	return text.data;
}

/*
 * Is there nothing to be gained by validating it later?
 */
static bool
is_checked_at_once(SchemaPlan *plan, const DependNode *constraint)
{
	DependNode *table = depend_unit_of(plan->to, constraint);
	const char *definition = constraint->row->definition;

	/* a foreign key of a partitioned table cannot be NOT VALID */
	return table->pair == NULL || prop_has(table->row->definition, "partition by") ||
		prop_has(definition, "not enforced") || facts_is_empty(plan, table) ||
		strcmp(constraint->unit->kind, "table") != 0;
}

/*
 * Writes a new constraint.
 */
void
constraint_make(SchemaPlan *plan, const DependNode *constraint)
{
	const SchemaRow *row = constraint->row;
	bool		index = !prop_has(row->definition, "foreign key") && !prop_has(row->definition, "check");
	bool		not_valid = prop_has(row->definition, "not valid");
	bool		later = !index && !not_valid && !is_checked_at_once(plan, constraint);
	char	   *alter = psprintf("ALTER %s %s", attached_word(constraint->unit->kind),
								 constraint->unit->identity);
	DependNode *table = depend_unit_of(plan->to, constraint);

	/* made with that of the table it is inherited from */
	if (prop_has(row->definition, "inherited") && !table->retied)
	{
		attached_write_part(plan, constraint, "");
		return;
	}
	if (index && table->pair && facts_is_large(plan, table))
		plan_warn_up(plan, "building the index of constraint %s on %s (%s) keeps out writers: in a migration of its own, CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX",
				  row->name, constraint->unit->identity, facts_rows(plan, table));
	plan_add(plan, PLAN_MAKE, constraint, "%s ADD CONSTRAINT %s %s%s", alter, row->name,
			 constraint_text(row), later || not_valid ? " NOT VALID" : "");
	if (later)
		plan_add(plan, PLAN_FINISH, constraint, "%s VALIDATE CONSTRAINT %s", alter, row->name)->note =
			"reads the table; in a later migration of its own it lets writers go on";
	attached_write_part(plan, constraint, "");
}

/*
 * Writes what can be changed of a constraint that is there.  Returns whether
 * that is all.
 */
bool
constraint_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	static const char *const changeable[] = {
		"comment", "label", "index comment", "not valid", "deferrable",
		"deferrable initially deferred", "clustered", "inherited", NULL
	};
	const char *old = from->row->definition;
	const char *new = to->row->definition;
	bool		foreign = prop_has(new, "foreign key");
	char	   *alter = psprintf("ALTER %s %s", attached_word(to->unit->kind), to->unit->identity);

	if (!prop_same_but(old, new, changeable))
		return false;
	/* prop_has() takes the longer for the shorter, too */
	if (!prop_same(old, new, "deferrable") && !foreign)
		return false;
	if (prop_has(new, "not valid") && !prop_has(old, "not valid"))
		return false;
	if (prop_has(old, "not valid") && !prop_has(new, "not valid") && plan)
		plan_add(plan, PLAN_FINISH, to, "%s VALIDATE CONSTRAINT %s", alter, to->row->name);
	if (!prop_same(old, new, "deferrable") && plan)
		plan_add(plan, PLAN_MAKE, to, "%s ALTER CONSTRAINT %s %s", alter, to->row->name,
				 prop_has(new, "deferrable initially deferred") ? "DEFERRABLE INITIALLY DEFERRED" :
				 prop_has(new, "deferrable") ? "DEFERRABLE INITIALLY IMMEDIATE" : "NOT DEFERRABLE");
	if (plan && prop_has(old, "inherited") != prop_has(new, "inherited") &&
		!depend_unit_of(plan->to, to)->retied)
		plan_skip(plan, to, "whether a constraint is the table's own besides being inherited is not written");
	if (plan && prop_has(old, "clustered") != prop_has(new, "clustered"))
	{
		if (prop_has(new, "clustered"))
			plan_add(plan, PLAN_FINISH, to, "%s CLUSTER ON %s", alter, to->row->name);
		else
			plan_add(plan, PLAN_MAKE, to, "%s SET WITHOUT CLUSTER", alter);
	}
	if (plan)
		attached_write_part(plan, to, old);
	return true;
}
