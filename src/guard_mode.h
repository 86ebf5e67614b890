/*
 * guard_mode.h
 *	  What happens to DDL outside of migrations.
 */
#ifndef NEON_MIGRATE_GUARD_MODE_H
#define NEON_MIGRATE_GUARD_MODE_H

typedef enum GuardMode
{
	GUARD_OFF,
	GUARD_RECORD,
	GUARD_REFUSE
} GuardMode;

extern GuardMode guard_mode_now(void);
extern const char *guard_mode_name(GuardMode mode);

#endif							/* NEON_MIGRATE_GUARD_MODE_H */
