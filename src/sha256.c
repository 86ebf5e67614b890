/*-------------------------------------------------------------------------
 *
 * sha256.c
 *	  SHA-256 over bytes and texts.
 *
 * Texts count in UTF-8, whatever the encoding of the database, so that a
 * client computes the same over the bytes of a file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "compat.h"
#include "sha256.h"

/*
 * Starts a hash.
 */
pg_cryptohash_ctx *
sha256_start(void)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL || pg_cryptohash_init(hash) < 0)
		elog(ERROR, "could not start a SHA-256 hash");
	return hash;
}

/*
 * Adds bytes to it.
 */
void
sha256_add(pg_cryptohash_ctx *hash, const void *bytes, size_t length)
{
	if (pg_cryptohash_update(hash, bytes, length) < 0)
		elog(ERROR, "could not update a SHA-256 hash");
}

/*
 * Ends it, and returns the hash.
 */
bytea *
sha256_finish(pg_cryptohash_ctx *hash)
{
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (pg_cryptohash_final(hash, (uint8 *) VARDATA(result), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not finish a SHA-256 hash");
	pg_cryptohash_free(hash);
	return result;
}

/*
 * Returns the bytes of a text in UTF-8, and how many there are.  In a database
 * without an encoding, they count as they are.
 */
const char *
sha256_utf8(Datum value, size_t *length)
{
	text	   *datum = DatumGetTextPP(value);
	char	   *bytes = VARDATA_ANY(datum);
	char	   *utf8 = bytes;

	*length = VARSIZE_ANY_EXHDR(datum);
	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		utf8 = pg_server_to_any(bytes, *length, PG_UTF8);
	if (utf8 != bytes)
		*length = strlen(utf8);
	return utf8;
}
