/*
 * watch.h
 *	  Follows the migrations while the server runs them.
 */
#ifndef NEON_MIGRATE_WATCH_H
#define NEON_MIGRATE_WATCH_H

#include "diagnosis.h"
#include "json.h"

extern void watch_begin(bool down);
extern bool watch_notice(const Origin *origin, const char *message);
extern void watch_done(const Origin *origin, const char *version, bool down, double seconds);
extern int	watch_count(void);
extern double watch_elapsed(void);
extern void watch_json(Json *json, const char *key);

#endif							/* NEON_MIGRATE_WATCH_H */
