/*-------------------------------------------------------------------------
 *
 * install.c
 *	  What the install script asks before it makes anything.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(migrate_check_schema);

/*
 * migrate_check_schema() returns void
 *
 * Raises 42501 if the schema that the extension is being put into belongs to
 * a role that is neither the installing user, nor a superuser, nor the owner of
 * the database (or pg_database_owner).  Its owner could put functions beside
 * ours that match a call better, and so run code as whoever migrates.
 */
Datum
migrate_check_schema(PG_FUNCTION_ARGS)
{
	Oid			schema = get_func_namespace(fcinfo->flinfo->fn_oid);
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Oid			owner,
				database_owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", schema);
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);

	/* as pg_database_owner, whose only member he is */
	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
	database_owner = ((Form_pg_database) GETSTRUCT(tuple))->datdba;
	ReleaseSysCache(tuple);

	/*
	 * In a trusted extension's script the current user is the bootstrap
	 * superuser; the installing one is the one outside of it.
	 */
	if (owner != GetOuterUserId() && owner != ROLE_PG_DATABASE_OWNER &&
		owner != database_owner && !superuser_arg(owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot install neon_migrate into schema \"%s\"",
						get_namespace_name(schema)),
				 errdetail("The schema belongs to \"%s\", who could put functions of the same names beside those of the extension.",
						   GetUserNameFromId(owner, false)),
				 errhint("Use CREATE SCHEMA migrate and CREATE EXTENSION neon_migrate SCHEMA migrate.")));
	PG_RETURN_VOID();
}
