/*-------------------------------------------------------------------------
 *
 * write_rule.c
 *	  Triggers, rules and policies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generate/attached.h"
#include "generate/property.h"
#include "generate/write.h"
#include "snapshot/snapshot.h"

/* what a description of a trigger or rule has besides its definition */
static const char *const states[] = {
	"constraint trigger", "enabled", "disabled", "comment", "label", NULL
};

/*
 * Returns the definition as it follows the name in CREATE, which is the one
 * property without a name.
 */
static char *
body_of(const char *definition)
{
	char	   *rest = prop_without(definition, states);
	StringInfoData text;

	initStringInfo(&text);
	for (const char *p = rest; *p; p++)
		if (!(*p == '\t' && p > rest && p[-1] == '\n'))
			appendStringInfoChar(&text, *p);
	while (text.len > 0 && text.data[text.len - 1] == ';')
		text.data[--text.len] = '\0';
	return text.data;
}

static void
write_state(SchemaPlan *plan, const DependNode *part)
{
	const char *definition = part->row->definition;
	char	   *enabled = prop_get(definition, "enabled");

	if (prop_has(definition, "disabled"))
		plan_add(plan, PLAN_MAKE, part, "ALTER TABLE %s DISABLE %s %s", part->unit->identity,
				 attached_word(part->row->kind), part->row->name);
	else if (enabled)
		plan_add(plan, PLAN_MAKE, part, "ALTER TABLE %s ENABLE %s%s%s %s", part->unit->identity,
				 attached_word(enabled), *enabled ? " " : "", attached_word(part->row->kind),
				 part->row->name);
}

/*
 * Writes a new trigger; of one that a partition has from the whole table, only
 * whether it is enabled.
 */
void
trigger_make(SchemaPlan *plan, const DependNode *trigger)
{
	const char *definition = trigger->row->definition;
	char	   *body = body_of(definition);

	if (*body)
		plan_add(plan, PLAN_MAKE, trigger, "CREATE %sTRIGGER %s %s",
				 prop_has(definition, "constraint trigger") ? "CONSTRAINT " : "",
				 trigger->row->name, body);
	else
	{
		PlanStatement *statement;

		write_state(plan, trigger);
		statement = llast(plan->statements);
		/* it is there when the partition is attached */
		statement->phase = PLAN_FINISH;
		return;
	}
	write_state(plan, trigger);
	attached_write_part(plan, trigger, "");
}

void
rule_make(SchemaPlan *plan, const DependNode *rule)
{
	plan_add(plan, PLAN_MAKE, rule, "CREATE RULE %s AS %s", rule->row->name,
			 body_of(rule->row->definition));
	write_state(plan, rule);
	attached_write_part(plan, rule, "");
}

void
policy_make(SchemaPlan *plan, const DependNode *policy)
{
	const char *definition = policy->row->definition;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "CREATE POLICY %s ON %s AS %s FOR %s TO %s", policy->row->name,
					 policy->unit->identity,
					 prop_has(definition, "restrictive") ? "RESTRICTIVE" : "PERMISSIVE",
					 attached_word(prop_get(definition, "for")), prop_get(definition, "to"));
	if (prop_has(definition, "using"))
		appendStringInfo(&text, " USING %s", prop_in_parentheses(prop_get(definition, "using")));
	if (prop_has(definition, "with check"))
		appendStringInfo(&text, " WITH CHECK %s",
						 prop_in_parentheses(prop_get(definition, "with check")));
	plan_add(plan, PLAN_MAKE, policy, "%s", text.data);
	attached_write_part(plan, policy, "");
}
