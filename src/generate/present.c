/*-------------------------------------------------------------------------
 *
 * present.c
 *	  Statements about what is in no schema, and there already.
 *
 * A publication, a server or the like cannot be put aside, so that a statement
 * that makes it, as every pg_dump has it, would fail.  It is left out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "commands/proclang.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "foreign/foreign.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "generate/present.h"

static char *
named(const char *kind, const char *name, Oid oid)
{
	return OidIsValid(oid) ? psprintf("%s %s", kind, name) : NULL;
}

/*
 * Is there a cast between types of these names?
 */
static char *
cast_present(const CreateCastStmt *stmt)
{
	Oid			source = LookupTypeNameOid(NULL, stmt->sourcetype, true);
	Oid			target = LookupTypeNameOid(NULL, stmt->targettype, true);

	if (!OidIsValid(source) || !OidIsValid(target) ||
		!SearchSysCacheExists2(CASTSOURCETARGET, ObjectIdGetDatum(source),
							   ObjectIdGetDatum(target)))
		return NULL;
	return psprintf("cast (%s as %s)", TypeNameToString(stmt->sourcetype),
					TypeNameToString(stmt->targettype));
}

/*
 * Returns what a statement makes or changes, if it is in no schema and there
 * already; else NULL.
 */
char *
present_object(Node *stmt)
{
	const char *name;

	switch (nodeTag(stmt))
	{
		case T_CreatePublicationStmt:
			name = ((CreatePublicationStmt *) stmt)->pubname;
			return named("publication", name, get_publication_oid(name, true));
		case T_AlterPublicationStmt:
			name = ((AlterPublicationStmt *) stmt)->pubname;
			return named("publication", name, get_publication_oid(name, true));
		case T_CreateSubscriptionStmt:
			name = ((CreateSubscriptionStmt *) stmt)->subname;
			return named("subscription", name, get_subscription_oid(name, true));
		case T_AlterSubscriptionStmt:
			name = ((AlterSubscriptionStmt *) stmt)->subname;
			return named("subscription", name, get_subscription_oid(name, true));
		case T_CreateEventTrigStmt:
			name = ((CreateEventTrigStmt *) stmt)->trigname;
			return named("event trigger", name, get_event_trigger_oid(name, true));
		case T_CreateFdwStmt:
			name = ((CreateFdwStmt *) stmt)->fdwname;
			return named("foreign data wrapper", name, get_foreign_data_wrapper_oid(name, true));
		case T_CreateForeignServerStmt:
			name = ((CreateForeignServerStmt *) stmt)->servername;
			return named("server", name, get_foreign_server_oid(name, true));
		case T_CreateUserMappingStmt:
			name = ((CreateUserMappingStmt *) stmt)->servername;
			return named("user mapping of server", name, get_foreign_server_oid(name, true));
		case T_CreatePLangStmt:
			name = ((CreatePLangStmt *) stmt)->plname;
			return named("language", name, get_language_oid(name, true));
		case T_CreateAmStmt:
			name = ((CreateAmStmt *) stmt)->amname;
			return named("access method", name, get_am_oid(name, true));
		case T_CreateCastStmt:
			return cast_present((CreateCastStmt *) stmt);
		default:
			return NULL;
	}
}
