/*
 * settings.h
 *	  The neon_migrate.* settings.
 */
#ifndef NEON_MIGRATE_SETTINGS_H
#define NEON_MIGRATE_SETTINGS_H

typedef enum LintAtApply
{
	LINT_AT_APPLY_OFF,
	LINT_AT_APPLY_WARN,
	LINT_AT_APPLY_ERROR
} LintAtApply;

typedef enum OutOfOrder
{
	OUT_OF_ORDER_ALLOW,
	OUT_OF_ORDER_WARN,
	OUT_OF_ORDER_ERROR
} OutOfOrder;

extern char *settings_drift_ignore_schemas;	/* names, separated by commas */
extern bool settings_drift_ignore_grants;
extern bool settings_drift_ignore_owners;
extern bool settings_guard_bypass;	/* DDL passes the guard */
extern int	settings_lint;	/* a LintAtApply */
extern char *settings_lint_ignore;	/* names of rules, separated by commas */
extern int	settings_lint_large_table;	/* kB */
extern int	settings_lock_retries;	/* retries after a lock timeout */
extern int	settings_lock_timeout;	/* ms, for a migration's own locks */
extern int	settings_out_of_order;	/* an OutOfOrder */
extern bool settings_track_drift;	/* keep the expected schema up to date */
extern int	settings_wait_timeout;	/* ms, for the gate */

extern void settings_init(void);
extern void settings_pin(const char *name, const char *value);

#endif							/* NEON_MIGRATE_SETTINGS_H */
