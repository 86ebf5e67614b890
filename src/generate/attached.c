/*-------------------------------------------------------------------------
 *
 * attached.c
 *	  Owners, grants, comments and security labels.
 *
 * A description has grants as they differ from what an object of its kind has
 * when it is made, so each that is in one description only is to be granted or
 * revoked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "generate/attached.h"
#include "generate/property.h"

/*
 * Returns what SQL calls a kind.
 */
char *
attached_word(const char *kind)
{
	char	   *word = pstrdup(kind);

	for (char *p = word; *p; p++)
		*p = pg_toupper((unsigned char) *p);
	return word;
}

/*
 * Returns how SQL names a unit.
 */
char *
attached_identity(const SchemaUnit *unit)
{
	size_t		length = strlen(unit->identity);

	if (strcmp(unit->kind, "aggregate") == 0 && length > 2 &&
		strcmp(unit->identity + length - 2, "()") == 0)
		return psprintf("%.*s(*)", (int) length - 2, unit->identity);
	return pstrdup(unit->identity);
}

/*
 * An object as GRANT names it, and its owner.
 */
typedef struct Grantable
{
	const char *columns;		/* " (column)" or "" */
	const char *object;
	const char *owner;
	const char *defaults;		/* what comes before GRANT, if it is about those to come */
} Grantable;

/*
 * Writes one grant, as the description has it, or takes it back.
 */
static void
write_grant(SchemaPlan *plan, PlanPhase phase, const DependNode *node, const Grantable *grantable,
			const char *grant, bool is_grant, bool option_only)
{
	const char *preposition = is_grant ? " to " : " from ";
	char	   *right = pstrdup(grant);
	char	   *role = strstr(right, preposition);
	char	   *option;
	bool		with_option = false;

	if (role == NULL)
		return;
	*role = '\0';
	role += strlen(preposition);
	option = strstr(role, " with grant option");
	if (option)
	{
		*option = '\0';
		with_option = true;
	}
	if (strcmp(role, "owner") == 0 && grantable->owner)
		role = unconstify(char *, grantable->owner);
	plan_add(plan, phase, node, "%s%s%s %s%s ON %s %s %s%s",
			 grantable->defaults ? grantable->defaults : "", is_grant && !option_only ? "GRANT" : "REVOKE",
			 option_only ? " GRANT OPTION FOR" : "", right, grantable->columns, grantable->object,
			 is_grant && !option_only ? "TO" : "FROM", role,
			 is_grant && !option_only && with_option ? " WITH GRANT OPTION" : "")->topic = PLAN_GRANT;
}

/*
 * Turns "SELECT to bob" into "SELECT from bob", or the other way.
 */
static char *
turned(const char *grant, bool is_grant)
{
	char	   *copy = pstrdup(grant);
	char	   *found = strstr(copy, is_grant ? " to " : " from ");
	char	   *option = strstr(copy, " with grant option");

	if (option)
		*option = '\0';
	if (found == NULL)
		return copy;
	*found = '\0';
	return psprintf("%s%s%s", copy, is_grant ? " from " : " to ",
					found + strlen(is_grant ? " to " : " from "));
}

static void
write_grants(SchemaPlan *plan, PlanPhase phase, const DependNode *node, const Grantable *grantable,
			 const char *from, const char *to, const char *prefix)
{
	char	   *grant_key = psprintf("%sgrant", prefix);
	char	   *revoke_key = psprintf("%srevoke", prefix);
	List	   *old_grants = prop_all(from, grant_key);
	List	   *old_revokes = prop_all(from, revoke_key);
	List	   *grants = prop_all(to, grant_key);
	List	   *revokes = prop_all(to, revoke_key);
	ListCell   *cell;

	foreach(cell, old_grants)
	{
		char	   *grant = lfirst(cell);
		char	   *plain = pstrdup(grant);
		char	   *option = strstr(plain, " with grant option");

		if (option)
			*option = '\0';
		if (prop_list_has(grants, grant))
			continue;
		if (option && prop_list_has(grants, plain))
			write_grant(plan, phase, node, grantable, plain, true, true);
		else if (!prop_list_has(grants, psprintf("%s with grant option", plain)))
			write_grant(plan, phase, node, grantable, turned(grant, true), false, false);
	}
	foreach(cell, old_revokes)
		if (!prop_list_has(revokes, lfirst(cell)))
			write_grant(plan, phase, node, grantable, turned(lfirst(cell), false), true, false);
	foreach(cell, revokes)
		if (!prop_list_has(old_revokes, lfirst(cell)))
			write_grant(plan, phase, node, grantable, lfirst(cell), false, false);
	foreach(cell, grants)
	{
		char	   *grant = lfirst(cell);
		char	   *option = strstr(grant, " with grant option");

		/* taking the option back leaves the right */
		if (!prop_list_has(old_grants, grant) &&
			(option || !prop_list_has(old_grants, psprintf("%s with grant option", grant))))
			write_grant(plan, phase, node, grantable, grant, true, false);
	}
}

static void
write_notes(SchemaPlan *plan, PlanPhase phase, const DependNode *node, const char *object,
			const char *from, const char *to, const char *prefix)
{
	char	   *key = psprintf("%scomment", prefix);
	char	   *label_key = psprintf("%slabel", prefix);
	List	   *old_labels = prop_all(from, label_key);
	List	   *labels = prop_all(to, label_key);
	ListCell   *cell;

	if (!prop_same(from, to, key))
		plan_add(plan, phase, node, "COMMENT ON %s IS %s", object,
				 prop_get(to, key) ? prop_get(to, key) : "NULL");
	foreach(cell, labels)
	{
		char	   *provider = pstrdup(lfirst(cell));
		char	   *label = strstr(provider, " '");

		if (prop_list_has(old_labels, lfirst(cell)) || label == NULL)
			continue;
		*label++ = '\0';
		plan_add(plan, phase, node, "SECURITY LABEL FOR %s ON %s IS %s", provider, object, label);
	}
	if (list_length(old_labels) > list_length(labels))
		plan_warn(plan, "a security label of %s stays", object);
}

/*
 * Returns the grants that a new object gets by the default privileges of its
 * schema, as they are before anything is changed.
 */
static const char *
default_grants(const SchemaPlan *plan, const SchemaUnit *unit)
{
	static const char *const kinds[][2] = {
		{"table", "tables"}, {"view", "tables"}, {"materialized view", "tables"},
		{"sequence", "sequences"}, {"function", "functions"}, {"procedure", "functions"},
		{"aggregate", "functions"}, {"type", "types"}, {"domain", "types"}
	};

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		DependNode *found;

		if (strcmp(unit->kind, kinds[i][0]) != 0)
			continue;
		found = depend_find_unit(plan->from, "default privileges",
								 psprintf("of %s in schema %.*s on %s",
										  quote_identifier(GetUserNameFromId(GetUserId(), false)),
										  snapshot_schema_length(unit), unit->identity, kinds[i][1]));
		return found && found->in_scope ? found->row->definition : "";
	}
	return "";
}

/*
 * Writes what is attached to a unit, as far as that differs from the
 * description "from"; "" if it is made.
 */
void
attached_write_unit(SchemaPlan *plan, PlanPhase phase, const DependNode *node, const char *from)
{
	const SchemaUnit *unit = node->unit;
	const char *to = unit->row[0].definition;
	char	   *word = attached_word(unit->kind);
	char	   *identity = attached_identity(unit);
	char	   *owner = prop_get(to, "owner");
	bool		is_view = strcmp(unit->kind, "view") == 0 ||
		strcmp(unit->kind, "materialized view") == 0 || strcmp(unit->kind, "foreign table") == 0;
	Grantable	grantable = {
		.columns = "",.owner = owner,
		.object = psprintf("%s %s", is_view ? "TABLE" : strcmp(unit->kind, "aggregate") == 0 ?
						   "FUNCTION" : word,
						   strcmp(unit->kind, "aggregate") == 0 ? unit->identity : identity)
	};

	if (owner && (*from ? !prop_same(from, to, "owner") : plan->all_owners ||
				  strcmp(owner, quote_identifier(GetUserNameFromId(GetUserId(), false))) != 0))
		plan_add(plan, phase, node, "ALTER %s %s OWNER TO %s", word, identity, owner)->topic =
			PLAN_OWNER;
	write_grants(plan, phase, node, &grantable, *from ? from : default_grants(plan, unit), to, "");
	write_notes(plan, phase, node, psprintf("%s %s", word, identity), from, to, "");
}

/*
 * Is a right on the whole table taken from somebody?  That takes it for its
 * columns, too, so what is granted for these is to be granted again.
 */
static bool
loses_grants(const DependNode *unit)
{
	List	   *grants;
	ListCell   *cell;

	if (unit->pair == NULL)
		return false;
	grants = prop_all(unit->row->definition, "grant");
	foreach(cell, prop_all(unit->pair->row->definition, "grant"))
		if (!prop_list_has(grants, lfirst(cell)))
			return true;
	return false;
}

/*
 * Returns the grants that are in both descriptions.
 */
static char *
common_grants(const char *from, const char *to)
{
	List	   *grants = prop_all(to, "grant");
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, prop_all(from, "grant"))
		if (prop_list_has(grants, lfirst(cell)))
			appendStringInfo(&text, "%sgrant %s", text.len ? "\n" : "", (char *) lfirst(cell));
	return text.data;
}

/*
 * The same for a column, with the sequence that it may have.
 */
void
attached_write_column(SchemaPlan *plan, const DependNode *unit, const DependNode *column,
					  const char *from)
{
	const char *to = column->row->definition;
	char	   *sequence = prop_get(to, "sequence name");
	Grantable	grantable = {
		.columns = psprintf(" (%s)", column->row->name),
		.object = psprintf("TABLE %s", unit->unit->identity),
		.owner = prop_get(unit->row->definition, "owner")
	};
	Grantable	of_sequence = {.columns = "",.owner = grantable.owner};

	write_grants(plan, PLAN_MAKE, unit, &grantable, from, to, "");
	if (*from && loses_grants(unit))
		write_grants(plan, PLAN_MAKE, unit, &grantable, "", common_grants(from, to), "");
	write_notes(plan, PLAN_MAKE, unit,
				psprintf("COLUMN %s.%s", unit->unit->identity, column->row->name), from, to, "");
	if (sequence == NULL)
		return;
	if (!prop_has(from, "sequence name"))
		from = "";
	of_sequence.object = psprintf("SEQUENCE %s", sequence);
	write_grants(plan, PLAN_MAKE, unit, &of_sequence, from, to, "sequence ");
	write_notes(plan, PLAN_MAKE, unit, of_sequence.object, from, to, "sequence ");
}

/*
 * The same for any other part of a unit.
 */
void
attached_write_part(SchemaPlan *plan, const DependNode *part, const char *from)
{
	const char *to = part->row->definition;
	bool		of_domain = strcmp(part->unit->kind, "domain") == 0;

	write_notes(plan, PLAN_MAKE, part,
				depend_is(part, "index") ?
				psprintf("INDEX %s", snapshot_row_identity(part->unit, part->row)) :
				psprintf("%s %s ON %s%s", attached_word(part->row->kind), part->row->name,
						 of_domain ? "DOMAIN " : "", part->unit->identity),
				from, to, "");
	if (depend_is(part, "constraint"))
		write_notes(plan, PLAN_MAKE, part,
					psprintf("INDEX %.*s.%s", snapshot_schema_length(part->unit),
							 part->unit->identity, part->row->name), from, to, "index ");
}

/*
 * Writes how default privileges change from one description to another: "of
 * role in schema s on tables".
 */
void
attached_write_default_privileges(SchemaPlan *plan, PlanPhase phase, const DependNode *node,
								  const char *from, const char *to)
{
	const char *of = node->unit->identity + strlen("of ");
	const char *in = strstr(of, " in schema ");
	const char *on = in ? strstr(in, " on ") : NULL;
	Grantable	grantable = {.columns = ""};

	if (on == NULL)
		return;
	grantable.object = attached_word(on + strlen(" on "));
	grantable.defaults = psprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %.*s IN SCHEMA %.*s ",
								  (int) (in - of), of,
								  (int) (on - in - strlen(" in schema ")), in + strlen(" in schema "));
	write_grants(plan, phase, node, &grantable, from, to, "");
}
