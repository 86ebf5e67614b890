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

#include "utils/guc.h"

#include "compat.h"
#include "settings.h"

bool		settings_guard_bypass;
int			settings_lock_retries;
int			settings_lock_timeout;
int			settings_out_of_order;
int			settings_wait_timeout;

static const struct config_enum_entry out_of_order_options[] = {
	{"allow", OUT_OF_ORDER_ALLOW, false},
	{"warn", OUT_OF_ORDER_WARN, false},
	{"error", OUT_OF_ORDER_ERROR, false},
	{NULL, 0, false}
};

/*
 * Defines the settings.  Called once, when the library is loaded.
 */
void
settings_init(void)
{
	DefineCustomBoolVariable("neon_migrate.guard_bypass",
							 "Lets DDL outside of migrations pass where migrate_guard() refuses it.",
							 "It is recorded.",
							 &settings_guard_bypass,
							 false,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

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
