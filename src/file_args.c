/*-------------------------------------------------------------------------
 *
 * file_args.c
 *	  Arguments with an element for each file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "utils/array.h"

#include "compat.h"
#include "file_args.h"

/*
 * Returns the elements of argument "argno", an array without NULLs.
 */
static Datum *
elements(FunctionCallInfo fcinfo, int argno, const char *name, Oid type,
		 const char *instead_of_null, int *count)
{
	ArrayType  *array;
	Datum	   *result;
	bool	   *nulls;

	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name),
				 errhint("Pass an array with an element for each file.")));
	array = PG_GETARG_ARRAYTYPE_P(argno);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array", name),
				 errhint("Pass an array with an element for each file.")));
	deconstruct_array(array, type, -1, false, TYPALIGN_INT, &result, &nulls, count);
	for (int i = 0; i < *count; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s contains a null", name),
					 errdetail("It is element number %d.", i + 1),
					 errhint("%s", instead_of_null)));
	return result;
}

/*
 * Returns the elements of a text[] of paths.
 */
Datum *
file_args_paths(FunctionCallInfo fcinfo, int argno, int *count)
{
	return elements(fcinfo, argno, "paths", TEXTOID, "Pass the path of each file.", count);
}

/*
 * Returns the elements of a text[] of contents.
 */
Datum *
file_args_contents(FunctionCallInfo fcinfo, int argno, int *count)
{
	return elements(fcinfo, argno, "contents", TEXTOID,
					"Pass an empty string for an empty file.", count);
}

/*
 * Returns the elements of a bytea[] of checksums.
 */
Datum *
file_args_checksums(FunctionCallInfo fcinfo, int argno, int *count)
{
	static const char hint[] = "Pass the SHA-256 of the contents of each file.";
	Datum	   *checksums = elements(fcinfo, argno, "checksums", BYTEAOID, hint, count);

	for (int i = 0; i < *count; i++)
	{
		int			length = VARSIZE_ANY_EXHDR(DatumGetByteaPP(checksums[i]));

		if (length != PG_SHA256_DIGEST_LENGTH)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("checksums contains a value that is not a SHA-256"),
					 errdetail("The length of element number %d is %d, not %d.", i + 1, length,
							   PG_SHA256_DIGEST_LENGTH),
					 errhint("%s", hint)));
	}
	return checksums;
}

/*
 * Raises 22023 unless there are as many of the others, called "name", as there
 * are paths.
 */
void
file_args_check_counts(int paths, int others, const char *name)
{
	if (paths == others)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("paths and %s must have the same number of elements", name),
			 errdetail("There are %d paths and %d %s.", paths, others, name),
			 errhint("Pass an element for each file in both.")));
}
