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

#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "compat.h"
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
};

static int
compare_settings(const void *a, const void *b)
{
	return strcmp(((const Setting *) a)->name, ((const Setting *) b)->name);
}

/*
 * Can a session change it, other than for one transaction?
 */
static bool
is_of_sessions(const struct config_generic *setting)
{
	return (setting->context == PGC_USERSET || setting->context == PGC_SUSET) &&
		(setting->flags & COMPAT_GUC_NO_RESET) == 0 &&
		strcmp(setting->name, "transaction_isolation") != 0 &&
		strcmp(setting->name, "transaction_read_only") != 0 &&
		strcmp(setting->name, "transaction_deferrable") != 0;
}

/*
 * Returns the settings of the session as they are, in the current memory
 * context.
 */
SessionSettings *
session_settings_save(void)
{
	SessionSettings *saved = palloc0(sizeof(SessionSettings));
	int			count;
	struct config_generic **all = compat_get_guc_variables(&count);

	saved->settings = palloc0(sizeof(Setting) * count);
	for (int i = 0; i < count; i++)
	{
		Setting    *setting = &saved->settings[saved->count];
		const char *value;

		if (!is_of_sessions(all[i]))
			continue;
		value = GetConfigOption(all[i]->name, true, false);
		setting->name = pstrdup(all[i]->name);
		setting->value = pstrdup(value ? value : "");
		setting->of_session = all[i]->source == PGC_S_SESSION;
		saved->count++;
	}
	qsort(saved->settings, saved->count, sizeof(Setting), compare_settings);
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

/*
 * Puts one setting back, as it is "now", to what it was.
 */
static void
restore(const SessionSettings *saved, const Setting *now)
{
	Setting    *before = bsearch(now, saved->settings, saved->count,
								 sizeof(Setting), compare_settings);

	if (before && before->of_session)
	{
		if (!now->of_session || strcmp(now->value, before->value) != 0)
			session_settings_set(now->name, before->value);
	}
	else if (now->of_session)
		session_settings_set(now->name, NULL);
}

/*
 * Puts the session's settings back as they were saved.
 */
void
session_settings_restore(const SessionSettings *saved)
{
	SessionSettings *now = session_settings_save();

	/* first who we are: a role can be set only by the right user */
	for (int i = 0; i < now->count; i++)
		if (strcmp(now->settings[i].name, "session_authorization") == 0)
			restore(saved, &now->settings[i]);
	for (int i = 0; i < now->count; i++)
		if (strcmp(now->settings[i].name, "session_authorization") != 0)
			restore(saved, &now->settings[i]);
}
