/*-------------------------------------------------------------------------
 *
 * session_settings.c
 *	  The session's settings, saved and put back across transactions.
 *
 * A GUC nest level ends with its transaction, but a migration that is run in
 * several keeps its settings through all of them.  So all settings are looked
 * at before and after, and whatever the session has then and had not before is
 * taken back: by setting it to the value it had in this session, or else by
 * RESET, so that it follows the server's configuration again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/guc.h"

#include "session_settings.h"

typedef struct Setting
{
	char	   *name;
	char	   *value;
	bool		of_session;		/* set by the session itself */
} Setting;

struct SessionSettings
{
	int			count;
	Setting    *settings;		/* in the order of their names */
	char	   *role;
	char	   *session_authorization;
};

static const char settings_query[] =
"SELECT s.name, s.setting, s.source OPERATOR(pg_catalog.=) 'session'"
" FROM pg_catalog.pg_settings AS s"
" WHERE s.context OPERATOR(pg_catalog.=) ANY (ARRAY['user', 'superuser'])"
" AND s.name OPERATOR(pg_catalog.<>)"
" ALL (ARRAY['transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])"
" ORDER BY s.name COLLATE pg_catalog.\"C\"";

/*
 * Returns the settings of the session as they are, in the current memory
 * context.
 */
SessionSettings *
session_settings_save(void)
{
	MemoryContext context = CurrentMemoryContext;
	SessionSettings *saved;

	if (SPI_connect() != SPI_OK_CONNECT ||
		SPI_execute(settings_query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the settings of the session");
	MemoryContextSwitchTo(context);
	saved = palloc0(sizeof(SessionSettings));
	saved->count = (int) SPI_processed;
	saved->settings = palloc0(sizeof(Setting) * saved->count);
	for (int i = 0; i < saved->count; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		char	   *value = SPI_getvalue(tuple, desc, 2);

		saved->settings[i].name = pstrdup(SPI_getvalue(tuple, desc, 1));
		saved->settings[i].value = pstrdup(value ? value : "");
		saved->settings[i].of_session = SPI_getvalue(tuple, desc, 3)[0] == 't';
	}
	SPI_finish();
	saved->role = pstrdup(GetConfigOption("role", false, false));
	saved->session_authorization =
		pstrdup(GetConfigOption("session_authorization", false, false));
	return saved;
}

/*
 * Sets a setting for the session, or resets it if "value" is NULL.  In the
 * superuser's context: what is put back may be out of the current role's reach.
 */
void
session_settings_set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SET, true, 0, false);
}

static int
compare_settings(const void *a, const void *b)
{
	return strcmp(((const Setting *) a)->name, ((const Setting *) b)->name);
}

/*
 * Puts the session's settings back as they were saved.  Needs a transaction
 * with a snapshot.
 */
void
session_settings_restore(const SessionSettings *saved)
{
	SessionSettings *now;

	if (strcmp(GetConfigOption("session_authorization", false, false),
			   saved->session_authorization) != 0)
		session_settings_set("session_authorization", saved->session_authorization);
	if (strcmp(GetConfigOption("role", false, false), saved->role) != 0)
		session_settings_set("role", saved->role);

	now = session_settings_save();
	for (int i = 0; i < now->count; i++)
	{
		Setting    *setting = &now->settings[i];
		Setting    *before = bsearch(setting, saved->settings, saved->count,
									 sizeof(Setting), compare_settings);

		if (before && before->of_session)
		{
			if (!setting->of_session || strcmp(setting->value, before->value) != 0)
				session_settings_set(setting->name, before->value);
		}
		else if (setting->of_session)
			session_settings_set(setting->name, NULL);
	}
}
