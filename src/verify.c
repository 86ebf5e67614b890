/*-------------------------------------------------------------------------
 *
 * verify.c
 *	  migrate_verify(): has anybody tampered with the ledger?
 *
 * Walks the whole chain and looks at the table that holds it, and at who may
 * put functions beside those of the extension.  What a chain
 * cannot show by itself is that entries at its end are missing: for that, keep
 * the last hash elsewhere and pass it as expected_head.
 *
 * Runs with the owner's rights and pinned settings, so that the answer does
 * not depend on who asks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "guard_log.h"
#include "guard_mode.h"
#include "ledger.h"

PG_FUNCTION_INFO_V1(migrate_verify);

/* Bad entries reported one by one; the rest is only counted. */
#define MAX_REPORTED 20

typedef struct Report
{
	ReturnSetInfo *result;
	int			problems;		/* rows of the current subject that are not ok */
} Report;

static const Oid oid_arg[] = {OIDOID};
static const Oid text_arg[] = {TEXTOID};

/*
 * One check of a table by a query that returns what is wrong, as text.
 */
typedef struct TableCheck
{
	const char *subject;
	bool		any_table;		/* holds for the guard's tables, too */
	const char *fine;			/* detail if nothing is wrong */
	OwnerQuery	query;
} TableCheck;

static TableCheck table_checks[] = {
	{"persistence", true, "the ledger is a logged table",
		{.sql = "SELECT 'the table is ' OPERATOR(pg_catalog.||)"
			" CASE c.relpersistence WHEN 'u' THEN 'unlogged: a crash empties it' ELSE 'temporary' END"
			" FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) $1"
			" AND c.relpersistence OPERATOR(pg_catalog.<>) 'p'",
	.nargs = 1,.types = oid_arg}},
	{"privileges", true, "nobody but its owner may write the ledger",
		{.sql = "SELECT pg_catalog.format('%s has %s', CASE a.grantee WHEN 0 THEN 'PUBLIC'"
			" ELSE pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END, a.privilege_type)"
			" FROM pg_catalog.pg_class AS c, pg_catalog.aclexplode(c.relacl) AS a"
			" WHERE c.oid OPERATOR(pg_catalog.=) $1"
			" AND a.grantee OPERATOR(pg_catalog.<>) c.relowner"
			" AND a.privilege_type OPERATOR(pg_catalog.=)"
			" ANY (ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER'])"
			/*
			 * for restoring a dump; ledger_guard.c sees to the rest.  After
			 * pg_upgrade, extensions belong to the superuser.
			 */
			" AND NOT (a.privilege_type OPERATOR(pg_catalog.=) 'INSERT' AND (EXISTS"
			" (SELECT FROM pg_catalog.pg_extension AS e"
			" WHERE e.extname OPERATOR(pg_catalog.=) 'neon_migrate'"
			" AND e.extowner OPERATOR(pg_catalog.=) a.grantee)"
			" OR EXISTS (SELECT FROM pg_catalog.pg_database AS d"
			" WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
			" AND d.datdba OPERATOR(pg_catalog.=) a.grantee)))"
			" UNION ALL SELECT pg_catalog.format('%s has %s on column %s',"
			" CASE a.grantee WHEN 0 THEN 'PUBLIC'"
			" ELSE pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END,"
			" a.privilege_type, t.attname)"
			" FROM pg_catalog.pg_attribute AS t, pg_catalog.aclexplode(t.attacl) AS a"
			" WHERE t.attrelid OPERATOR(pg_catalog.=) $1"
			" AND a.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['INSERT', 'UPDATE'])"
			" ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
	{"triggers", false, "only its own guard is on the ledger",
		{.sql = "SELECT CASE WHEN t.own THEN 'trigger ' OPERATOR(pg_catalog.||) t.name"
			" OPERATOR(pg_catalog.||) ' is disabled'"
			" ELSE 'trigger ' OPERATOR(pg_catalog.||) t.name OPERATOR(pg_catalog.||)"
			" ' does not belong there' END"
			" FROM (SELECT pg_catalog.quote_ident(t.tgname) AS name, t.tgenabled, EXISTS"
			" (SELECT FROM pg_catalog.pg_depend AS d, pg_catalog.pg_extension AS e,"
			" pg_catalog.pg_proc AS p"
			" WHERE e.extname OPERATOR(pg_catalog.=) 'neon_migrate'"
			" AND p.oid OPERATOR(pg_catalog.=) t.tgfoid"
			" AND p.prosrc OPERATOR(pg_catalog.=) 'migrate_ledger_guard'"
			" AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass"
			" AND d.objid OPERATOR(pg_catalog.=) t.tgfoid"
			" AND d.deptype OPERATOR(pg_catalog.=) 'e'"
			" AND d.refobjid OPERATOR(pg_catalog.=) e.oid) AS own"
			" FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid OPERATOR(pg_catalog.=) $1) AS t"
			" WHERE NOT t.own OR t.tgenabled OPERATOR(pg_catalog.<>) ALL (ARRAY['O', 'A']::pg_catalog.\"char\"[])"
			" UNION ALL SELECT 'trigger ' OPERATOR(pg_catalog.||) g.name"
			" OPERATOR(pg_catalog.||) ' is missing'"
			" FROM (VALUES ('migrate_ledger_guard_row'), ('migrate_ledger_guard_statement'),"
			" ('migrate_ledger_guard_loaded'))"
			" AS g (name) WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t"
			" WHERE t.tgrelid OPERATOR(pg_catalog.=) $1"
			" AND t.tgname::pg_catalog.text OPERATOR(pg_catalog.=) g.name) ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
	{"rules", true, "no rule is on the ledger",
		{.sql = "SELECT 'rule ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(r.rulename)"
			" OPERATOR(pg_catalog.||) ' does not belong there'"
			" FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class OPERATOR(pg_catalog.=) $1 ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
	{"row security", true, "row security is off for the ledger",
		{.sql = "SELECT 'row security is enabled' FROM pg_catalog.pg_class AS c"
			" WHERE c.oid OPERATOR(pg_catalog.=) $1 AND (c.relrowsecurity OR c.relforcerowsecurity)"
			" UNION ALL SELECT 'policy ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(p.polname)"
			" OPERATOR(pg_catalog.||) ' does not belong there'"
			" FROM pg_catalog.pg_policy AS p WHERE p.polrelid OPERATOR(pg_catalog.=) $1 ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
	{"indexes", false, "numbers are unique and versions are indexed",
		{.sql = "SELECT 'no valid ' OPERATOR(pg_catalog.||) k.what"
			" FROM (VALUES ('unique index on seq', 'seq', true), ('index on version', 'version', false))"
			" AS k (what, attname, isunique) WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i,"
			" pg_catalog.pg_attribute AS t WHERE i.indrelid OPERATOR(pg_catalog.=) $1"
			" AND t.attrelid OPERATOR(pg_catalog.=) $1"
			" AND t.attname::pg_catalog.text OPERATOR(pg_catalog.=) k.attname"
			" AND i.indkey[0] OPERATOR(pg_catalog.=) t.attnum AND i.indisvalid"
			" AND (i.indisunique OR NOT k.isunique)) ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
	{"inheritance", true, "the ledger stands alone",
		{.sql = "SELECT 'the table has the parent or child '"
			" OPERATOR(pg_catalog.||) CASE WHEN i.inhrelid OPERATOR(pg_catalog.=) $1"
			" THEN i.inhparent::pg_catalog.regclass::pg_catalog.text"
			" ELSE i.inhrelid::pg_catalog.regclass::pg_catalog.text END"
			" FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid OPERATOR(pg_catalog.=) $1"
			" OR i.inhparent OPERATOR(pg_catalog.=) $1 ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
	/* who else could add functions that match a call better, see install.c */
	{"schema", false, "nobody else may create objects beside those of the extension",
		{.sql = "SELECT pg_catalog.format('%s may create objects in schema %I', g.name, g.nspname)"
			" FROM (SELECT n.nspname, a.grantee, CASE a.grantee WHEN 0 THEN 'PUBLIC'"
			" ELSE pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END"
			" FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
			" ON n.oid OPERATOR(pg_catalog.=) c.relnamespace,"
			" pg_catalog.aclexplode(n.nspacl) AS a WHERE c.oid OPERATOR(pg_catalog.=) $1"
			" AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'"
			" UNION SELECT n.nspname, n.nspowner,"
			" pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text"
			" FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
			" ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) $1)"
			" AS g (nspname, grantee, name)"
			" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r"
			" WHERE r.oid OPERATOR(pg_catalog.=) g.grantee"
			" AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) 'pg_database_owner'))"
			" AND NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d"
			" WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
			" AND d.datdba OPERATOR(pg_catalog.=) g.grantee)"
			" AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension AS e"
			" WHERE e.extname OPERATOR(pg_catalog.=) 'neon_migrate'"
			" AND e.extowner OPERATOR(pg_catalog.=) g.grantee) ORDER BY 1",
	.nargs = 1,.types = oid_arg}},
};

/* Returns what is wrong with the triggers and the owner of a table of the guard. */
static OwnerQuery guard_table_query = {
	.sql = "SELECT pg_catalog.format('trigger %I %s', t.tgname, CASE WHEN p.oid IS NULL"
	" THEN 'does not belong there' ELSE 'is disabled' END)"
	" FROM pg_catalog.pg_trigger AS t LEFT JOIN pg_catalog.pg_proc AS p"
	" ON p.oid OPERATOR(pg_catalog.=) t.tgfoid"
	" AND p.prosrc OPERATOR(pg_catalog.=) 'migrate_append_only'"
	" AND p.pronamespace OPERATOR(pg_catalog.=) (SELECT c.relnamespace"
	" FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) $1)"
	" WHERE t.tgrelid OPERATOR(pg_catalog.=) $1 AND (p.oid IS NULL"
	" OR t.tgenabled OPERATOR(pg_catalog.<>) ALL (ARRAY['O', 'A']::pg_catalog.\"char\"[]))"
	" UNION ALL SELECT pg_catalog.format('the table belongs to %I, its functions to %I',"
	" pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_get_userbyid(p.proowner))"
	" FROM pg_catalog.pg_class AS c, pg_catalog.pg_proc AS p"
	" WHERE c.oid OPERATOR(pg_catalog.=) $1"
	" AND p.pronamespace OPERATOR(pg_catalog.=) c.relnamespace"
	" AND p.prosrc OPERATOR(pg_catalog.=) 'migrate_append_only'"
	" AND p.proowner OPERATOR(pg_catalog.<>) c.relowner"
	" UNION ALL SELECT pg_catalog.format('trigger %I is missing', g.name)"
	" FROM (VALUES ('migrate_append_only_row'), ('migrate_append_only_statement')) AS g (name)"
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t"
	" WHERE t.tgrelid OPERATOR(pg_catalog.=) $1"
	" AND t.tgname::pg_catalog.text OPERATOR(pg_catalog.=) g.name) ORDER BY 1",
	.nargs = 1,.types = oid_arg
};

/* Returns what is wrong with the event triggers if the mode $1 is in force. */
static OwnerQuery guard_event_query = {
	.sql = "SELECT pg_catalog.format('event trigger %s %s', g.name, CASE"
	" WHEN t.oid IS NULL THEN 'is missing'"
	" WHEN p.prosrc OPERATOR(pg_catalog.<>) 'migrate_guard_event'"
	" OR t.evtevent::pg_catalog.text OPERATOR(pg_catalog.<>) g.event"
	" OR t.evttags IS NOT NULL THEN 'is not as it was made'"
	" ELSE 'is disabled' END)"
	" FROM (VALUES ('neon_migrate_guard_start', 'ddl_command_start', ARRAY['refuse']),"
	" ('neon_migrate_guard_drop', 'sql_drop', ARRAY['record', 'refuse']),"
	" ('neon_migrate_guard_end', 'ddl_command_end', ARRAY['record', 'refuse']))"
	" AS g (name, event, modes) LEFT JOIN pg_catalog.pg_event_trigger AS t"
	" ON t.evtname::pg_catalog.text OPERATOR(pg_catalog.=) g.name"
	" LEFT JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) t.evtfoid"
	" WHERE t.oid IS NULL OR p.prosrc OPERATOR(pg_catalog.<>) 'migrate_guard_event'"
	" OR t.evtevent::pg_catalog.text OPERATOR(pg_catalog.<>) g.event OR t.evttags IS NOT NULL"
	" OR ($1 OPERATOR(pg_catalog.=) ANY (g.modes)"
	" AND t.evtenabled OPERATOR(pg_catalog.<>) ALL (ARRAY['O', 'A']::pg_catalog.\"char\"[])) ORDER BY 1",
	.nargs = 1,.types = text_arg
};

static void
add_row(Report *report, const char *subject, bool ok, const char *detail)
{
	Datum		values[3] = {
		CStringGetTextDatum(subject), BoolGetDatum(ok), CStringGetTextDatum(detail)
	};
	bool		nulls[3] = {0};

	tuplestore_putvalues(report->result->setResult, report->result->setDesc, values, nulls);
}

static void
add_problem(Report *report, const char *subject, const char *detail)
{
	if (report->problems++ < MAX_REPORTED)
		add_row(report, subject, false, detail);
}

/*
 * Ends a subject: says that it is fine, or how many problems were left out.
 */
static void
end_subject(Report *report, const char *subject, const char *fine)
{
	if (report->problems == 0)
		add_row(report, subject, true, fine);
	else if (report->problems > MAX_REPORTED)
		add_row(report, subject, false,
				psprintf("and %d more", report->problems - MAX_REPORTED));
	report->problems = 0;
}

static char *
hash_hex(const LedgerEntry *entry, LedgerColumn column)
{
	if (entry->nulls[column])
		return "none";
	return TextDatumGetCString(DirectFunctionCall2(binary_encode, entry->values[column],
												   CStringGetTextDatum("hex")));
}

static char *
bytes_hex(const uint8 *bytes)
{
	char	   *hex = palloc(2 * PG_SHA256_DIGEST_LENGTH + 1);

	hex_encode((const char *) bytes, PG_SHA256_DIGEST_LENGTH, hex);
	hex[2 * PG_SHA256_DIGEST_LENGTH] = '\0';
	return hex;
}

/*
 * Where an entry is.  The walk does not trust the indexes.
 */
typedef struct Place
{
	int64		seq;
	ItemPointerData tid;
} Place;

static int
compare_places(const void *a, const void *b)
{
	int64		x = ((const Place *) a)->seq;
	int64		y = ((const Place *) b)->seq;

	return (x > y) - (x < y);
}

/*
 * Returns where all rows of the table are, in the order of their numbers.
 */
static Place *
find_places(Relation table, Snapshot snapshot, int64 *count)
{
	TupleTableSlot *slot = table_slot_create(table, NULL);
	TableScanDesc scan = table_beginscan(table, snapshot, 0, NULL);
	int64		room = 64;
	Place	   *places = palloc(sizeof(Place) * room);

	*count = 0;
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool		isnull;
		Datum		seq = slot_getattr(slot, L_SEQ + 1, &isnull);

		CHECK_FOR_INTERRUPTS();
		if (*count == room)
		{
			room *= 2;
			places = repalloc_huge(places, sizeof(Place) * room);
		}
		places[*count].seq = isnull ? 0 : DatumGetInt64(seq);
		places[(*count)++].tid = slot->tts_tid;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	qsort(places, *count, sizeof(Place), compare_places);
	return places;
}

/*
 * Checks the number of an entry against that of the one before.  Returns
 * whether it is the next.
 */
static bool
verify_number(Report *report, int64 number, int64 before)
{
	if (number == before + 1)
		return true;
	if (number < 1)
		add_problem(report, "hash chain",
					psprintf("an entry with number " INT64_FORMAT " does not belong there", number));
	else if (number == before)
		add_problem(report, "hash chain",
					psprintf("there is more than one entry " INT64_FORMAT, number));
	else if (number == before + 2)
		add_problem(report, "hash chain",
					psprintf("entry " INT64_FORMAT " is missing", number - 1));
	else
		add_problem(report, "hash chain",
					psprintf("entries " INT64_FORMAT " to " INT64_FORMAT " are missing",
							 before + 1, number - 1));
	return false;
}

/*
 * Checks each entry's number, its hash, and that it names the hash of the one
 * before.  Returns the last entry's hash in hex and sets "seq" to its number;
 * sets "expected_seq" to the number of the entry with the hash "expected".
 */
static char *
verify_chain(Report *report, const Ledger *ledger, const char *expected,
			 int64 *seq, int64 *expected_seq)
{
	MemoryContext entry_context = AllocSetContextCreate(CurrentMemoryContext,
														"neon_migrate verify",
														ALLOCSET_DEFAULT_SIZES);
	Relation	table = table_open(ledger->relid, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(table, NULL);
	char		previous[2 * PG_SHA256_DIGEST_LENGTH + 1] = "none";
	int64		count;
	Place	   *places = find_places(table, snapshot, &count);

	*seq = *expected_seq = 0;
	for (int64 i = 0; i < count; i++)
	{
		MemoryContext old_context = MemoryContextSwitchTo(entry_context);
		LedgerEntry *entry;
		uint8		hash[PG_SHA256_DIGEST_LENGTH];
		char	   *version;

		CHECK_FOR_INTERRUPTS();
		if (!table_tuple_fetch_row_version(table, &places[i].tid, snapshot, slot))
			elog(ERROR, "could not fetch an entry of the ledger");
		entry = ledger_entry_from_tuple(ExecCopySlotHeapTuple(slot), RelationGetDescr(table));
		version = ledger_entry_text(entry, L_VERSION);
		if (version == NULL)
			version = "";
		if (verify_number(report, places[i].seq, *seq) &&
			strcmp(hash_hex(entry, L_PREVIOUS_HASH), previous) != 0)
			add_problem(report, "hash chain",
						psprintf("entry " INT64_FORMAT " (\"%s\") does not follow the one before it",
								 places[i].seq, version));
		ledger_hash(entry, hash);
		strlcpy(previous, hash_hex(entry, L_ENTRY_HASH), sizeof(previous));
		if (strcmp(bytes_hex(hash), previous) != 0)
			add_problem(report, "hash chain",
						psprintf("entry " INT64_FORMAT " (\"%s\") was changed after it was written",
								 places[i].seq, version));
		if (expected && strcmp(previous, expected) == 0)
			*expected_seq = places[i].seq;
		*seq = Max(*seq, places[i].seq);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(entry_context);
	}
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	table_close(table, NoLock);
	return pstrdup(previous);
}

/*
 * Runs the query, which returns problems, as text.  "prefix" goes before each.
 */
static void
verify_query(Report *report, const Ledger *ledger, OwnerQuery *query, Datum *values,
			 const char *subject, const char *prefix)
{
	MemoryContext context = CurrentMemoryContext;
	OwnerScope	scope;
	uint64		count = owner_query(ledger, query, values, NULL, &scope);
	char	  **details = MemoryContextAlloc(context, sizeof(char *) * (count + 1));

	for (uint64 i = 0; i < count; i++)
		details[i] = MemoryContextStrdup(context, SPI_getvalue(SPI_tuptable->vals[i],
															   SPI_tuptable->tupdesc, 1));
	owner_query_end(&scope);
	for (uint64 i = 0; i < count; i++)
		add_problem(report, subject, psprintf("%s%s", prefix, details[i]));
}

static void
verify_table(Report *report, const Ledger *ledger, TableCheck *check)
{
	Datum		values[] = {ObjectIdGetDatum(ledger->relid)};

	verify_query(report, ledger, &check->query, values, check->subject, "");
	end_subject(report, check->subject, check->fine);
}

/*
 * Checks one of the tables in which the guard records.
 */
static void
verify_guard_table(Report *report, const Ledger *ledger, Oid table)
{
	Datum		values[] = {ObjectIdGetDatum(table)};
	char	   *prefix = psprintf("%s: ", get_rel_name(table));

	for (int i = 0; i < (int) lengthof(table_checks); i++)
		if (table_checks[i].any_table)
			verify_query(report, ledger, &table_checks[i].query, values, "guard", prefix);
	verify_query(report, ledger, &guard_table_query, values, "guard", prefix);
}

/*
 * Checks the guard: its records, its event triggers, and whether the mode that
 * was set last is in force.
 */
static void
verify_guard(Report *report, const Ledger *ledger)
{
	const char *mode = guard_mode_name(guard_mode_now());
	Datum		values[] = {CStringGetTextDatum(mode)};
	GuardLog	log;

	if (guard_log_open(get_rel_namespace(ledger->relid), &log))
	{
		GuardChange *change = guard_log_last_change(&log);
		const char *set = change ? change->mode : guard_mode_name(GUARD_OFF);

		verify_guard_table(report, ledger, log.mode_table);
		verify_guard_table(report, ledger, log.statement_table);
		verify_guard_table(report, ledger, log.object_table);
		if (strcmp(set, mode) != 0)
			add_problem(report, "guard",
						psprintf("the mode is %s, but was set to %s; if that is due to a restore, SELECT migrate_guard('%s')",
								 mode, set, set));
	}
	else
		add_problem(report, "guard", "its tables are gone");
	verify_query(report, ledger, &guard_event_query, values, "guard", "");
	end_subject(report, "guard", psprintf("the mode is %s, as it was set", mode));
}

static void
verify_owner(Report *report, const Ledger *ledger)
{
	if (ledger->owner != ledger->function_owner)
		add_problem(report, "owner",
					psprintf("the table belongs to %s, the functions to %s",
							 quote_identifier(GetUserNameFromId(ledger->owner, false)),
							 quote_identifier(GetUserNameFromId(ledger->function_owner, false))));
	end_subject(report, "owner", "the ledger belongs to the owner of its functions");
}

static void
verify_head(Report *report, const char *expected, int64 expected_seq,
			const char *head, int64 seq)
{
	const char *found = seq == 0 ? "the ledger is empty" :
		psprintf("the head is %s, entry " INT64_FORMAT, head, seq);

	if (expected && strcmp(expected, head) != 0)
		add_problem(report, "head", expected_seq == 0 ?
					psprintf("%s; no entry has the expected hash", found) :
					psprintf("%s; the expected hash is that of entry " INT64_FORMAT,
							 found, expected_seq));
	end_subject(report, "head", found);
}

/*
 * Returns the expected head in lower case, or raises 22023.
 */
static char *
expected_head_arg(FunctionCallInfo fcinfo)
{
	char	   *head;

	if (PG_ARGISNULL(0))
		return NULL;
	head = text_to_cstring(PG_GETARG_TEXT_PP(0));
	for (char *p = head; *p; p++)
		*p = pg_tolower((unsigned char) *p);
	if (strlen(head) != 2 * PG_SHA256_DIGEST_LENGTH ||
		strspn(head, "0123456789abcdef") != 2 * PG_SHA256_DIGEST_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expected_head is not the hash of a ledger entry"),
				 errdetail("Such a hash has %d hexadecimal digits.", 2 * PG_SHA256_DIGEST_LENGTH),
				 errhint("Take it from SELECT entry_hash FROM migrate_history ORDER BY seq DESC LIMIT 1.")));
	return head;
}

/*
 * migrate_verify(expected_head text)
 *		returns table (subject text, ok boolean, detail text)
 */
Datum
migrate_verify(PG_FUNCTION_ARGS)
{
	char	   *expected = expected_head_arg(fcinfo);
	Ledger	   *ledger = ledger_open(fcinfo);
	Report		report = {0};
	char	   *head;
	int64		seq,
				expected_seq;

	InitMaterializedSRF(fcinfo, 0);
	report.result = (ReturnSetInfo *) fcinfo->resultinfo;

	head = verify_chain(&report, ledger, expected, &seq, &expected_seq);
	end_subject(&report, "hash chain",
				psprintf(INT64_FORMAT " entries, all as they were written", seq));
	verify_head(&report, expected, expected_seq, head, seq);
	verify_owner(&report, ledger);
	for (int i = 0; i < (int) lengthof(table_checks); i++)
		verify_table(&report, ledger, &table_checks[i]);
	verify_guard(&report, ledger);
	return (Datum) 0;
}
