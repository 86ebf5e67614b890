/*-------------------------------------------------------------------------
 *
 * guard_former.c
 *	  The name that a renamed object had before.
 *
 * When an event trigger is told of a RENAME or SET SCHEMA, the catalogs have
 * the new name.  The old identity is the new one with the old name in its place;
 * whoever misses the old object can then be told where it went.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "guard_former.h"

/*
 * Returns the last name that a renamed object had.
 */
static char *
name_before(const RenameStmt *stmt)
{
	Node	   *object = stmt->object;

	if (stmt->subname)
		return stmt->subname;
	if (stmt->relation)
		return stmt->relation->relname;
	if (object && IsA(object, ObjectWithArgs))
		return strVal(llast(((ObjectWithArgs *) object)->objname));
	if (object && IsA(object, List))
		return strVal(llast((List *) object));
	if (object && IsA(object, String))
		return strVal(object);
	return NULL;
}

/*
 * Returns the identity that a renamed object had, or NULL if that cannot be
 * told.  Its own name is either in front ("trigger on table") or behind those
 * that qualify it.
 */
static char *
renamed_identity(const char *identity, const List *names, const char *old_name,
				 const char *new_name)
{
	const char *old_quoted = quote_identifier(old_name);
	const char *new_quoted = quote_identifier(new_name);
	size_t		length = strlen(new_quoted);
	size_t		prefix;

	if (strncmp(identity, new_quoted, length) == 0 &&
		(identity[length] == '\0' || strncmp(identity + length, " on ", 4) == 0 ||
		 strncmp(identity + length, " USING ", 7) == 0))
		return psprintf("%s%s", old_quoted, identity + length);

	/* behind the qualifying names, the last of which ends in a dot */
	if (list_length(names) > 1)
	{
		StringInfoData qualifier;

		initStringInfo(&qualifier);
		for (int i = 0; i < list_length(names) - 1; i++)
			appendStringInfo(&qualifier, "%s.", quote_identifier(list_nth(names, i)));
		prefix = qualifier.len;
		if (strncmp(identity, qualifier.data, prefix) != 0)
			return NULL;
	}
	else
	{
		/* a type: schema and name are one */
		if (strlen(identity) <= length)
			return NULL;
		prefix = strlen(identity) - length;
		if (identity[prefix - 1] != '.')
			return NULL;
	}
	if (strncmp(identity + prefix, new_quoted, length) != 0)
		return NULL;
	return psprintf("%s%s%s", pnstrdup(identity, prefix), old_quoted, identity + prefix + length);
}

/*
 * Returns the identity of an object that was in another schema before.
 */
static char *
moved_identity(const char *identity, Oid old_schema)
{
	char	   *name = get_namespace_name(old_schema);
	const char *rest = strchr(identity, '.');

	if (identity[0] == '"')
	{
		const char *close = strstr(identity + 1, "\".");

		rest = close ? close + 1 : NULL;
	}
	return name && rest ? psprintf("%s%s", quote_identifier(name), rest) : NULL;
}

/*
 * Returns the identity that an object had before a RENAME or SET SCHEMA, or NULL
 * if it cannot be told or it was no such command.  "identity" and "names" are
 * what getObjectIdentityParts() says of it now.
 */
char *
guard_former_identity(const CollectedCommand *command, const char *identity, const List *names)
{
	if (IsA(command->parsetree, RenameStmt))
	{
		const RenameStmt *stmt = (const RenameStmt *) command->parsetree;
		char	   *old_name = name_before(stmt);

		return old_name ? renamed_identity(identity, names, old_name, stmt->newname) : NULL;
	}
	if (IsA(command->parsetree, AlterObjectSchemaStmt) &&
		command->d.simple.secondaryObject.classId == NamespaceRelationId)
		return moved_identity(identity, command->d.simple.secondaryObject.objectId);
	return NULL;
}
