/*-------------------------------------------------------------------------
 *
 * actor.c
 *	  Who is doing something, and from where.
 *
 * Names, not OIDs: what is recorded has to outlive the roles.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#include "actor.h"

/*
 * Returns the name of a role, as text.  If it has been dropped: raises an error
 * if "must_exist", else returns its OID.
 */
static Datum
role_name(Oid role, bool must_exist)
{
	char	   *name = GetUserNameFromId(role, !must_exist);

	return CStringGetTextDatum(name ? name : psprintf("%u", role));
}

/*
 * Returns the user of the session, as text.
 */
Datum
actor_login(bool must_exist)
{
	return role_name(GetSessionUserId(), must_exist);
}

/*
 * Returns the role whose rights are in force, as text.
 */
Datum
actor_role(bool must_exist)
{
	return role_name(GetUserId(), must_exist);
}

/*
 * Returns the network address of the client, or "local", as text.
 */
Datum
actor_client(void)
{
	LOCAL_FCINFO(address, 0);
	Datum		client;

	InitFunctionCallInfoData(*address, NULL, 0, InvalidOid, NULL, NULL);
	client = inet_client_addr(address);
	return address->isnull ? CStringGetTextDatum("local") :
		DirectFunctionCall1(network_host, client);
}

/*
 * Returns the session's application_name, as text, or NULL.
 */
Datum
actor_application(bool *isnull)
{
	*isnull = application_name == NULL || application_name[0] == '\0';
	return *isnull ? (Datum) 0 : CStringGetTextDatum(application_name);
}
