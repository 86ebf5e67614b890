/*-------------------------------------------------------------------------
 *
 * version.c
 *	  Names of migrations: what is a valid one, and their natural order.
 *
 * A version is any text of 1 to 255 bytes.  In natural order, runs of digits
 * compare as numbers, so 9 comes before 10, and everything else by its bytes.
 * The order is defined once, by a key: two versions compare as the bytes of
 * their keys do.  SQL gets the same key from migrate_version_key(), so that
 * views and C agree.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "compat.h"
#include "version.h"

PG_FUNCTION_INFO_V1(migrate_version_key);

/*
 * Appends the sort key of "version" to "key".
 *
 * A run of digits becomes the byte '0' (where any digit sorts), the number of
 * its significant digits as four big-endian bytes, and those digits.  A zero
 * byte and the version itself follow, to tell 1 from 01.
 */
static void
append_key(StringInfo key, const char *version)
{
	const char *p = version;

	while (*p)
	{
		if (*p >= '0' && *p <= '9')
		{
			uint32		length;

			while (*p == '0')
				p++;
			length = strspn(p, "0123456789");
			appendStringInfoChar(key, '0');
			for (int shift = 24; shift >= 0; shift -= 8)
				appendStringInfoChar(key, (char) (length >> shift));
			appendBinaryStringInfo(key, p, length);
			p += length;
		}
		else
			appendStringInfoChar(key, *p++);
	}
	appendStringInfoChar(key, '\0');
	appendStringInfoString(key, version);
}

/*
 * Compares two versions in natural order; returns less than, equal to or
 * greater than zero.
 */
int
version_compare(const char *a, const char *b)
{
	StringInfoData ka,
				kb;
	int			result;

	initStringInfo(&ka);
	initStringInfo(&kb);
	append_key(&ka, a);
	append_key(&kb, b);
	result = memcmp(ka.data, kb.data, Min(ka.len, kb.len));
	if (result == 0)
		result = (ka.len > kb.len) - (ka.len < kb.len);
	pfree(ka.data);
	pfree(kb.data);
	return result;
}

/*
 * Raises 22023 unless "version" can name a migration.
 */
void
version_check(const char *version)
{
	size_t		length = strlen(version);

	if (length == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the version of a migration must not be empty"),
				 errhint("Pass a name such as '20260101120000' as the version.")));
	if (length > VERSION_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the version of a migration is too long"),
				 errdetail("It has %zu bytes; at most %d are allowed.",
						   length, VERSION_MAX_BYTES),
				 errhint("Keep the version short and put the rest into the description.")));
}

/*
 * Returns argument "argno" as a checked version, in palloc'd memory.  A NULL
 * raises 22004.
 */
char *
version_from_arg(FunctionCallInfo fcinfo, int argno)
{
	char	   *version;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the version of a migration must not be null"),
				 errhint("Pass a name such as '20260101120000' as the version.")));
	version = text_to_cstring(PG_GETARG_TEXT_PP(argno));
	version_check(version);
	return version;
}

/*
 * migrate_version_key(version text) returns bytea
 *
 * The key by which versions sort in natural order: use it in ORDER BY.
 */
Datum
migrate_version_key(PG_FUNCTION_ARGS)
{
	char	   *version = text_to_cstring(PG_GETARG_TEXT_PP(0));
	StringInfoData key;

	initStringInfo(&key);
	appendStringInfoSpaces(&key, VARHDRSZ);
	append_key(&key, version);
	SET_VARSIZE(key.data, key.len);
	PG_RETURN_BYTEA_P(key.data);
}
