/*
 * session_settings.h
 *	  The session's settings, saved and put back across transactions.
 */
#ifndef NEON_MIGRATE_SESSION_SETTINGS_H
#define NEON_MIGRATE_SESSION_SETTINGS_H

#include "utils/palloc.h"

typedef struct SessionSettings SessionSettings;

extern SessionSettings *session_settings_save(void);
extern void session_settings_restore(const SessionSettings *saved);
extern void session_settings_set(const char *name, const char *value);

#endif							/* NEON_MIGRATE_SESSION_SETTINGS_H */
