/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  Every neon_migrate.* setting, in alphabetical order.
 *
 * All but guard_bypass may be set by anyone, anywhere: none of them gives a
 * right, and each bounds or reports only what the same session's own calls do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "nodes/pg_list.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "compat.h"
#include "settings.h"

bool		settings_drift_ignore_grants;
bool		settings_drift_ignore_owners;
char	   *settings_drift_ignore_schemas;
bool		settings_guard_bypass;
int			settings_lint;
char	   *settings_lint_ignore;
int			settings_lint_large_table;
int			settings_lock_retries;
int			settings_lock_timeout;
int			settings_out_of_order;
bool		settings_track_drift;
int			settings_wait_timeout;

static const struct config_enum_entry lint_options[] = {
	{"off", LINT_AT_APPLY_OFF, false},
	{"warn", LINT_AT_APPLY_WARN, false},
	{"error", LINT_AT_APPLY_ERROR, false},
	{NULL, 0, false}
};

static const struct config_enum_entry out_of_order_options[] = {
	{"allow", OUT_OF_ORDER_ALLOW, false},
	{"warn", OUT_OF_ORDER_WARN, false},
	{"error", OUT_OF_ORDER_ERROR, false},
	{NULL, 0, false}
};

static bool
check_name_list(char **value, void **extra, GucSource source)
{
	char	   *copy = pstrdup(*value);
	List	   *names;
	bool		ok = SplitIdentifierString(copy, ',', &names);

	(void) extra;
	(void) source;
	if (!ok)
		GUC_check_errdetail("List syntax is invalid.");
	pfree(copy);
	list_free(names);
	return ok;
}

static void
define_lint_settings(void)
{
	DefineCustomEnumVariable("neon_migrate.lint",
							 "Sets what happens to a migration that migrate_lint() warns of.",
							 NULL,
							 &settings_lint,
							 LINT_AT_APPLY_WARN, lint_options,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	DefineCustomStringVariable("neon_migrate.lint_ignore",
							   "Lists the rules that migrate_lint() leaves out.",
							   NULL,
							   &settings_lint_ignore,
							   "",
							   PGC_USERSET, GUC_LIST_INPUT,
							   check_name_list, NULL, NULL);

	DefineCustomIntVariable("neon_migrate.lint_large_table",
							"Sets the size from which on migrate_lint() warns of what blocks a table.",
							"From ten times that on, it is an error.",
							&settings_lint_large_table,
							100 * 1024, 1, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
}

/*
 * Defines the settings.  Called once, when the library is loaded.
 */
void
settings_init(void)
{
	DefineCustomBoolVariable("neon_migrate.drift_ignore_grants",
							 "Leaves privileges out of what migrate_drift() compares.",
							 NULL,
							 &settings_drift_ignore_grants,
							 false,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("neon_migrate.drift_ignore_owners",
							 "Leaves owners out of what migrate_drift() compares.",
							 NULL,
							 &settings_drift_ignore_owners,
							 false,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	DefineCustomStringVariable("neon_migrate.drift_ignore_schemas",
							   "Lists the schemas that migrate_drift() leaves out.",
							   NULL,
							   &settings_drift_ignore_schemas,
							   "",
							   PGC_USERSET, GUC_LIST_INPUT,
							   check_name_list, NULL, NULL);

	DefineCustomBoolVariable("neon_migrate.guard_bypass",
							 "Lets DDL outside of migrations pass where migrate_guard() refuses it.",
							 "It is recorded.",
							 &settings_guard_bypass,
							 false,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

	define_lint_settings();

	DefineCustomIntVariable("neon_migrate.lock_retries",
							"Sets how often a migration is tried again after a lock timeout.",
							"Its locks are released before each new try.",
							&settings_lock_retries,
							5, 0, 100,
							PGC_USERSET, 0,
							NULL, NULL, NULL);

	DefineCustomIntVariable("neon_migrate.lock_timeout",
							"Sets the lock_timeout that a migration's statements run under.",
							"Zero disables the timeout. A SET lock_timeout in the migration itself wins.",
							&settings_lock_timeout,
							3000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);

	DefineCustomEnumVariable("neon_migrate.out_of_order",
							 "Sets what happens to a version older than the newest applied one.",
							 NULL,
							 &settings_out_of_order,
							 OUT_OF_ORDER_WARN, out_of_order_options,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("neon_migrate.track_drift",
							 "Keeps track of the schema as migrations leave it.",
							 "migrate_drift() compares with that.",
							 &settings_track_drift,
							 true,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	DefineCustomIntVariable("neon_migrate.wait_timeout",
							"Sets how long to wait while another migration is running.",
							"Zero means not to wait at all.",
							&settings_wait_timeout,
							60000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);

	MarkGUCPrefixReserved("neon_migrate");
}

/*
 * Gives a server setting a value until the caller's GUC nest level ends.
 * "name" must be one that every user may set.
 */
void
settings_pin(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}
