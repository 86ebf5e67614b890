/*-------------------------------------------------------------------------
 *
 * ledger_hash.c
 *	  The hash of a ledger entry.
 *
 * SHA-256 over every column but the hash itself, the previous entry's hash
 * included, which makes the chain.  Each value that is not NULL counts with
 * its column's name, so that a column added by a later version of the
 * extension, NULL in old entries, leaves their hashes as they are.
 *
 * Values count in a form that no setting has a say in: integers and times in
 * network order, text in UTF-8 whatever the server's encoding.  So an entry
 * hashes the same for every caller, and after a dump and restore.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"

#include "ledger.h"

/* An update costs more than the copying of a few bytes. */
#define COLLECTED_BYTES 1024

typedef struct EntryHash
{
	pg_cryptohash_ctx *context;
	size_t		collected;
	uint8		bytes[COLLECTED_BYTES];
} EntryHash;

static void
update(EntryHash *hash, const void *bytes, size_t length)
{
	if (pg_cryptohash_update(hash->context, bytes, length) < 0)
		elog(ERROR, "could not update the hash of a ledger entry");
}

static void
flush(EntryHash *hash)
{
	update(hash, hash->bytes, hash->collected);
	hash->collected = 0;
}

static void
add_bytes(EntryHash *hash, const void *bytes, size_t length)
{
	if (hash->collected + length > COLLECTED_BYTES)
		flush(hash);
	if (length > COLLECTED_BYTES)
	{
		update(hash, bytes, length);
		return;
	}
	memcpy(hash->bytes + hash->collected, bytes, length);
	hash->collected += length;
}

static void
add_int64(EntryHash *hash, int64 value)
{
	uint64		n = pg_hton64((uint64) value);

	add_bytes(hash, &n, sizeof(n));
}

/*
 * Adds a varlena value: its length and its bytes.
 */
static void
add_varlena(EntryHash *hash, Datum value, bool is_text)
{
	struct varlena *datum = PG_DETOAST_DATUM_PACKED(value);
	char	   *bytes = VARDATA_ANY(datum);
	int			length = VARSIZE_ANY_EXHDR(datum);

	if (is_text)
	{
		char	   *utf8 = pg_server_to_any(bytes, length, PG_UTF8);

		if (utf8 != bytes)
		{
			bytes = utf8;
			length = strlen(utf8);
		}
	}
	add_int64(hash, length);
	add_bytes(hash, bytes, length);
	if ((Pointer) datum != DatumGetPointer(value))
		pfree(datum);
}

static void
add_text_array(EntryHash *hash, Datum value)
{
	Datum	   *elements;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	add_int64(hash, count);
	for (int i = 0; i < count; i++)
		add_varlena(hash, elements[i], true);
}

static void
add_value(EntryHash *hash, Oid type, Datum value)
{
	switch (type)
	{
		case BOOLOID:
			add_int64(hash, DatumGetBool(value) ? 1 : 0);
			break;
		case INT4OID:
			add_int64(hash, DatumGetInt32(value));
			break;
		case INT8OID:
			add_int64(hash, DatumGetInt64(value));
			break;
		case TIMESTAMPTZOID:
			add_int64(hash, DatumGetTimestampTz(value));
			break;
		case LSNOID:
			add_int64(hash, (int64) DatumGetLSN(value));
			break;
		case INTERVALOID:
			{
				Interval   *interval = DatumGetIntervalP(value);

				add_int64(hash, interval->month);
				add_int64(hash, interval->day);
				add_int64(hash, interval->time);
			}
			break;
		case TEXTOID:
			add_varlena(hash, value, true);
			break;
		case BYTEAOID:
			add_varlena(hash, value, false);
			break;
		case TEXTARRAYOID:
			add_text_array(hash, value);
			break;
		default:
			elog(ERROR, "ledger column of unexpected type %u", type);
	}
}

/*
 * Computes the hash of "entry".
 */
void
ledger_hash(const LedgerEntry *entry, uint8 hash[PG_SHA256_DIGEST_LENGTH])
{
	EntryHash	collector;

	collector.context = pg_cryptohash_create(PG_SHA256);
	collector.collected = 0;
	if (collector.context == NULL || pg_cryptohash_init(collector.context) < 0)
		elog(ERROR, "could not start the hash of a ledger entry");
	for (int i = 0; i < LEDGER_COLUMNS; i++)
	{
		if (i == L_ENTRY_HASH || entry->nulls[i])
			continue;
		add_bytes(&collector, ledger_columns[i].name, strlen(ledger_columns[i].name) + 1);
		add_value(&collector, ledger_columns[i].type, entry->values[i]);
	}
	flush(&collector);
	if (pg_cryptohash_final(collector.context, hash, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not finish the hash of a ledger entry");
	pg_cryptohash_free(collector.context);
}
