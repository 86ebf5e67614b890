/*-------------------------------------------------------------------------
 *
 * file_store.c
 *	  The contents of the files registered last, by their checksums:
 *	  migrate_files_missing() and migrate_store_files().
 *
 * A client need only send the contents that are not here.  This is a cache:
 * to lose it costs that all are sent again.  A checksum is never believed, but
 * computed from the contents when they come.  Whoever writes holds the gate,
 * so nobody else inserts the same checksum, and none goes away between being
 * asked for and being used, as long as that is one transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"

#include "compat.h"
#include "file_args.h"
#include "file_store.h"
#include "gate.h"
#include "sha256.h"
#include "stored_table.h"

PG_FUNCTION_INFO_V1(migrate_files_missing);
PG_FUNCTION_INFO_V1(migrate_store_files);

#define FILE_TABLE "migrate_file"

/*
 * The columns, in the order of the table.
 */
enum
{
	F_CHECKSUM = 1,
	F_CONTENTS,
	FILE_COLUMNS = F_CONTENTS
};

/*
 * A checksum that is looked for, and where it is in the caller's array.
 */
typedef struct Wanted
{
	bytea	   *checksum;
	int			position;
} Wanted;

static Datum
column(HeapTuple tuple, const StoredScan *scan, int number)
{
	bool		isnull;

	return heap_getattr(tuple, number, RelationGetDescr(scan->table), &isnull);
}

/*
 * As the index has them.  All are of one length.
 */
static int
compare_checksums(const bytea *a, const bytea *b)
{
	return memcmp(VARDATA_ANY(a), VARDATA_ANY(b), PG_SHA256_DIGEST_LENGTH);
}

static int
compare_wanted(const void *a, const void *b)
{
	const Wanted *wa = a,
			   *wb = b;
	int			result = compare_checksums(wa->checksum, wb->checksum);

	return result ? result : (wa->position > wb->position) - (wa->position < wb->position);
}

/*
 * Returns the checksums in the order of the index.
 */
static Wanted *
sort_wanted(Datum *checksums, int count)
{
	Wanted	   *wanted = palloc_extended(sizeof(Wanted) * Max(count, 1), MCXT_ALLOC_HUGE);

	for (int i = 0; i < count; i++)
	{
		wanted[i].checksum = DatumGetByteaPP(checksums[i]);
		wanted[i].position = i;
	}
	qsort(wanted, count, sizeof(Wanted), compare_wanted);
	return wanted;
}

/*
 * Returns the contents with these checksums, 0 for those that are not here,
 * and deletes all others.  The caller holds the gate.
 */
Datum *
file_store_keep(const Ledger *ledger, Datum *checksums, int count)
{
	Datum	   *contents = palloc0(sizeof(Datum) * Max(count, 1));
	Wanted	   *wanted = sort_wanted(checksums, count);
	StoredScan	scan;
	HeapTuple	tuple;
	int			next = 0;

	stored_scan_begin(&scan, ledger_table_beside(ledger, FILE_TABLE), RowExclusiveLock,
					  F_CHECKSUM, 0, NULL, ForwardScanDirection);
	while (HeapTupleIsValid(tuple = stored_scan_next(&scan)))
	{
		bytea	   *checksum = DatumGetByteaPP(column(tuple, &scan, F_CHECKSUM));
		bool		kept = false;

		CHECK_FOR_INTERRUPTS();
		while (next < count && compare_checksums(wanted[next].checksum, checksum) < 0)
			next++;
		for (; next < count && compare_checksums(wanted[next].checksum, checksum) == 0; next++)
		{
			contents[wanted[next].position] =
				PointerGetDatum(PG_DETOAST_DATUM_COPY(column(tuple, &scan, F_CONTENTS)));
			kept = true;
		}
		if (!kept)
			CatalogTupleDelete(scan.table, &tuple->t_self);
	}
	stored_scan_end(&scan);
	CommandCounterIncrement();
	return contents;
}

/*
 * Puts contents into the store, unless they are there.
 */
static void
store(const Ledger *ledger, Datum contents)
{
	Oid			table = ledger_table_beside(ledger, FILE_TABLE);
	pg_cryptohash_ctx *hash = sha256_start();
	Datum		values[FILE_COLUMNS];
	bool		nulls[FILE_COLUMNS] = {0};
	StoredScan	scan;
	ScanKeyData key;
	const char *bytes;
	size_t		length;
	bool		there;

	bytes = sha256_utf8(contents, &length);
	sha256_add(hash, bytes, length);
	values[F_CHECKSUM - 1] = PointerGetDatum(sha256_finish(hash));
	values[F_CONTENTS - 1] = contents;

	ScanKeyInit(&key, F_CHECKSUM, BTEqualStrategyNumber, F_BYTEAEQ, values[F_CHECKSUM - 1]);
	stored_scan_begin(&scan, table, RowExclusiveLock, F_CHECKSUM, 1, &key, ForwardScanDirection);
	there = HeapTupleIsValid(stored_scan_next(&scan));
	stored_scan_end(&scan);
	if (!there)
		stored_insert(table, FILE_COLUMNS, values, nulls);
}

/*
 * migrate_files_missing(checksums bytea[]) returns setof integer
 *
 * The positions, from 1, of the checksums whose contents are not stored; of
 * equal ones, only the first.
 */
Datum
migrate_files_missing(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Ledger	   *ledger = ledger_open(fcinfo);
	int			count;
	Datum	   *checksums = file_args_checksums(fcinfo, 0, &count);
	Wanted	   *wanted = sort_wanted(checksums, count);
	bool	   *missing = palloc0(Max(count, 1));
	StoredScan	scan;
	HeapTuple	tuple = NULL;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	stored_scan_begin(&scan, ledger_table_beside(ledger, FILE_TABLE), AccessShareLock,
					  F_CHECKSUM, 0, NULL, ForwardScanDirection);
	if (count > 0)
		tuple = stored_scan_next(&scan);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0 && compare_checksums(wanted[i - 1].checksum, wanted[i].checksum) == 0)
			continue;
		while (HeapTupleIsValid(tuple) &&
			   compare_checksums(DatumGetByteaPP(column(tuple, &scan, F_CHECKSUM)),
								 wanted[i].checksum) < 0)
			tuple = stored_scan_next(&scan);
		missing[wanted[i].position] = !HeapTupleIsValid(tuple) ||
			compare_checksums(DatumGetByteaPP(column(tuple, &scan, F_CHECKSUM)),
							  wanted[i].checksum) != 0;
	}
	stored_scan_end(&scan);

	for (int i = 0; i < count; i++)
	{
		Datum		value = Int32GetDatum(i + 1);
		bool		isnull = false;

		if (missing[i])
			tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
	return (Datum) 0;
}

/*
 * migrate_store_files(contents text[]) returns void
 *
 * Keeps the contents for migrate_register_folder().
 */
Datum
migrate_store_files(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_open(fcinfo);
	int			count;
	Datum	   *contents = file_args_contents(fcinfo, 0, &count);

	gate_enter(ledger, "migrate_store_files");
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		store(ledger, contents[i]);
	}
	PG_RETURN_VOID();
}
