/*-------------------------------------------------------------------------
 *
 * cast.c
 *	  How the values of a column come to another type.
 *
 * Types are known by their names here.  One that is not there yet, or is made
 * anew, has no cast that is known of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "parser/parse_type.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "generate/cast.h"

/*
 * Finds a type by the name that a snapshot has for it.
 */
static bool
find_type(const char *name, Oid *type, int32 *typmod)
{
	*type = InvalidOid;
	compat_parse_type(name, type, typmod);
	return OidIsValid(*type);
}

/*
 * Returns what ALTER COLUMN TYPE needs.
 */
CastNeed
cast_need(const char *from, const char *to)
{
	Oid			old_type,
				type,
				function;
	int32		typmod;
	CoercionPathType path;

	if (!find_type(from, &old_type, &typmod) || !find_type(to, &type, &typmod))
		return CAST_BY_TEXT;
	if (old_type == type)
		return CAST_NONE;
	if (find_coercion_pathway(type, old_type, COERCION_ASSIGNMENT, &function) != COERCION_PATH_NONE)
		return CAST_NONE;
	path = find_coercion_pathway(type, old_type, COERCION_EXPLICIT, &function);
	if (path == COERCION_PATH_NONE)
		return CAST_BY_TEXT;
	return CAST_EXPLICIT;
}

/*
 * Is it known that no value changes, so that the table is not rewritten?
 */
bool
cast_keeps_rows(const char *from, const char *to)
{
	Oid			old_type,
				type,
				function;
	int32		old_typmod,
				typmod;

	if (!find_type(from, &old_type, &old_typmod) || !find_type(to, &type, &typmod))
		return false;
	if (old_type != type &&
		find_coercion_pathway(type, old_type, COERCION_EXPLICIT, &function) !=
		COERCION_PATH_RELABELTYPE)
		return false;
	return typmod == -1 || (type == VARCHAROID && old_type == VARCHAROID && old_typmod != -1 &&
							typmod >= old_typmod);
}
