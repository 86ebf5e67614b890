/*-------------------------------------------------------------------------
 *
 * ledger_access.c
 *	  Finds the ledger, and looks up in the catalogs, with the rights of its
 *	  owner, what the caller may not see.
 *
 * The caller of a function needs no rights on the ledger, and has none; it is
 * read and written by stored_table.c.  But who holds a lock and since when, say,
 * is for the owner to see.  That is the owner of the ledger table, not of the
 * extension: a trusted extension belongs to the user who created it, its tables
 * to the bootstrap superuser.
 *
 * While his rights are in force, no name may be looked up where a user can put
 * something.  So the statements name only what is in pg_catalog, which they say
 * each time, operators included, and they run under a pinned search_path
 * besides.  They do not name anything in the extension's schema: its owner may
 * be renaming it at the same time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "ledger_access.h"
#include "settings.h"

/*
 * Returns the table of the extension called "name".
 */
static Oid
find_table(const char *name, Oid schema)
{
	Oid			relid = get_relname_relid(name, schema);

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no table \"%s\" beside the ledger", name),
				 errdetail("Somebody has dropped, renamed or moved it, or it comes with a later version of the extension than this database has."),
				 errhint("Try ALTER EXTENSION neon_migrate UPDATE; else make the extension anew, with the ledger kept aside.")));
	return relid;
}

/*
 * Returns another of the extension's tables, one that is seldom needed.
 */
Oid
ledger_table_beside(const Ledger *ledger, const char *name)
{
	return find_table(name, get_rel_namespace(ledger->relid));
}

/*
 * Opens the ledger table "relid".  Raises 55000 if it has been dropped, as a
 * migration can do to the schema that the extension is in.
 */
Ledger *
ledger_open_table(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	Ledger	   *ledger;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the migration dropped the ledger that it is to be recorded in"),
				 errdetail("It dropped extension neon_migrate, or the schema that the extension is in."),
				 errhint("Put the extension into a schema of its own, with CREATE EXTENSION neon_migrate SCHEMA migrate.")));
	form = (Form_pg_class) GETSTRUCT(tuple);
	ledger = palloc0(sizeof(Ledger));
	ledger->relid = relid;
	ledger->definition_relid = find_table(DEFINITION_TABLE, form->relnamespace);
	ledger->expected_relid = find_table(EXPECTED_TABLE, form->relnamespace);
	ledger->own_schema = form->relnamespace;
	ledger->owner = form->relowner;
	ledger->schema = quote_identifier(get_namespace_name(form->relnamespace));
	ReleaseSysCache(tuple);
	return ledger;
}

/*
 * Opens the ledger that belongs to a function: the one in the same schema.
 * Raises 55000 if it is gone.
 */
Ledger *
ledger_open_for(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	Oid			schema,
				owner,
				relid;
	Ledger	   *ledger;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	schema = form->pronamespace;
	owner = form->proowner;
	ReleaseSysCache(tuple);

	relid = get_relname_relid(LEDGER_TABLE, schema);
	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the ledger of migrations is gone"),
				 errdetail("There is no table \"%s\" in schema \"%s\".",
						   LEDGER_TABLE, get_namespace_name(schema)),
				 errhint("Restore it from a backup, or start over with DROP EXTENSION neon_migrate CASCADE and CREATE EXTENSION neon_migrate.")));
	ledger = ledger_open_table(relid);
	ledger->function_owner = owner;
	return ledger;
}

/*
 * Opens the ledger that belongs to the function being called.
 */
Ledger *
ledger_open(FunctionCallInfo fcinfo)
{
	return ledger_open_for(fcinfo->flinfo->fn_oid);
}

/*
 * Returns the schema of the function being called, and so of the extension.
 */
Oid
ledger_own_schema(FunctionCallInfo fcinfo)
{
	return get_func_namespace(fcinfo->flinfo->fn_oid);
}

static void
become_owner(const Ledger *ledger, OwnerScope *scope)
{
	GetUserIdAndSecContext(&scope->user, &scope->security_context);
	SetUserIdAndSecContext(ledger->owner,
						   scope->security_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	scope->nest = NewGUCNestLevel();
	settings_pin("search_path", "pg_catalog, pg_temp");
}

/*
 * Makes the plan of "query", unless it is there.
 */
static void
prepare(OwnerQuery *query)
{
	SPIPlanPtr	plan;

	if (query->plan)
		return;
	plan = SPI_prepare(query->sql, query->nargs, unconstify(Oid *, query->types));
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\": %s", query->sql,
			 SPI_result_code_string(SPI_result));
	query->plan = plan;
}

/*
 * Runs "query" with the owner's rights and leaves its result in SPI_tuptable
 * until owner_query_end(), which must follow.  Returns the number of rows.
 */
uint64
owner_query(const Ledger *ledger, OwnerQuery *query,
			Datum *values, const char *nulls, OwnerScope *scope)
{
	int			code;

	become_owner(ledger, scope);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	prepare(query);
	code = SPI_execute_plan(query->plan, values, nulls, true, 0);
	if (code < 0)
		elog(ERROR, "could not run \"%s\": %s", query->sql, SPI_result_code_string(code));
	return SPI_processed;
}

/*
 * Frees the result and gives the rights back.
 */
void
owner_query_end(const OwnerScope *scope)
{
	SPI_finish();
	AtEOXact_GUC(false, scope->nest);
	SetUserIdAndSecContext(scope->user, scope->security_context);
}
