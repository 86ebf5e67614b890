/*
 * ledger_access.h
 *	  Finds the ledger, and runs the extension's own statements with the
 *	  rights of its owner.
 */
#ifndef NEON_MIGRATE_LEDGER_ACCESS_H
#define NEON_MIGRATE_LEDGER_ACCESS_H

#include "executor/spi.h"
#include "fmgr.h"

#define LEDGER_TABLE "migrate_ledger"
#define DEFINITION_TABLE "migrate_definition"
#define EXPECTED_TABLE "migrate_expected"

struct LedgerEntry;

typedef struct Ledger
{
	Oid			relid;			/* the ledger table */
	Oid			definition_relid;	/* the list of definitions */
	Oid			expected_relid; /* the schema as migrations left it */
	Oid			own_schema;		/* schema of the extension */
	Oid			owner;			/* its owner, who writes it */
	Oid			function_owner; /* owner of the function we were called as */
	const char *schema;			/* the extension's schema, quoted as needed */

	/* set by who has read it with the gate held, and appends once; else NULL */
	struct LedgerEntry *tail;
} Ledger;

/*
 * A query of the catalogs.  Its plan is kept for the session.
 */
typedef struct OwnerQuery
{
	const char *sql;
	int			nargs;
	const Oid  *types;

	/* private */
	SPIPlanPtr	plan;
} OwnerQuery;

typedef struct OwnerScope
{
	Oid			user;
	int			security_context;
	int			nest;
} OwnerScope;

extern Oid	ledger_own_schema(FunctionCallInfo fcinfo);
extern Ledger *ledger_open(FunctionCallInfo fcinfo);
extern Ledger *ledger_open_for(Oid function);
extern Ledger *ledger_open_table(Oid relid);
extern Oid	ledger_table_beside(const Ledger *ledger, const char *name);
extern uint64 owner_query(const Ledger *ledger, OwnerQuery *query,
						  Datum *values, const char *nulls, OwnerScope *scope);
extern void owner_query_end(const OwnerScope *scope);

#endif							/* NEON_MIGRATE_LEDGER_ACCESS_H */
