/*-------------------------------------------------------------------------
 *
 * snapshot_functions.c
 *	  migrate_snapshot() and migrate_fingerprint().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "ledger_access.h"
#include "snapshot/snapshot.h"

PG_FUNCTION_INFO_V1(migrate_snapshot);
PG_FUNCTION_INFO_V1(migrate_fingerprint);

static SchemaSnapshot *
take(FunctionCallInfo fcinfo)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SchemaSnapshot *result = snapshot_take(ledger_own_schema(fcinfo), snapshot);

	UnregisterSnapshot(snapshot);
	return result;
}

/*
 * migrate_snapshot() returns table (kind text, identity text, definition text)
 */
Datum
migrate_snapshot(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SchemaSnapshot *snapshot;

	InitMaterializedSRF(fcinfo, 0);
	snapshot = take(fcinfo);
	for (int i = 0; i < snapshot->units; i++)
	{
		SchemaUnit *unit = snapshot->unit[i];

		for (int j = 0; j < unit->rows; j++)
		{
			char	   *identity = snapshot_row_identity(unit, &unit->row[j]);
			Datum		values[3] = {
				CStringGetTextDatum(unit->row[j].kind), CStringGetTextDatum(identity),
				CStringGetTextDatum(unit->row[j].definition)
			};
			bool		nulls[3] = {0};

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
			for (int k = 0; k < 3; k++)
				pfree(DatumGetPointer(values[k]));
			pfree(identity);
		}
	}
	return (Datum) 0;
}

/*
 * Adds a string and the zero byte at its end, in UTF-8.
 */
static void
hash_string(pg_cryptohash_ctx *hash, const char *string)
{
	int			length = (int) strlen(string);
	char	   *text = pg_server_to_any(string, length, PG_UTF8);

	if (pg_cryptohash_update(hash, (const uint8 *) text, strlen(text) + 1) < 0)
		elog(ERROR, "could not compute a hash");
	if (text != string)
		pfree(text);
}

/*
 * migrate_fingerprint() returns text
 */
Datum
migrate_fingerprint(PG_FUNCTION_ARGS)
{
	SchemaSnapshot *snapshot = take(fcinfo);
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	uint8		bytes[PG_SHA256_DIGEST_LENGTH];
	char		hex[2 * PG_SHA256_DIGEST_LENGTH + 1];

	if (hash == NULL || pg_cryptohash_init(hash) < 0)
		elog(ERROR, "could not compute a hash");
	for (int i = 0; i < snapshot->units; i++)
	{
		SchemaUnit *unit = snapshot->unit[i];

		hash_string(hash, unit->identity);
		for (int j = 0; j < unit->rows; j++)
		{
			hash_string(hash, unit->row[j].kind);
			hash_string(hash, unit->row[j].name);
			hash_string(hash, unit->row[j].definition);
		}
	}
	if (pg_cryptohash_final(hash, bytes, sizeof(bytes)) < 0)
		elog(ERROR, "could not compute a hash");
	pg_cryptohash_free(hash);
	hex_encode((const char *) bytes, sizeof(bytes), hex);
	hex[2 * PG_SHA256_DIGEST_LENGTH] = '\0';
	PG_RETURN_TEXT_P(cstring_to_text(hex));
}
