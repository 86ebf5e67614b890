/*
 * script.h
 *	  A migration's SQL text: read, checked and parsed before anything runs.
 */
#ifndef NEON_MIGRATE_SCRIPT_H
#define NEON_MIGRATE_SCRIPT_H

#include "script_data.h"

extern Script *script_read(const char *version, bool down, text *sql);
extern Script *script_read_titled(const char *title, text *sql);
extern void script_parse(Script *script);
extern void script_parse_again(Script *script);
extern void script_require_transactional(const Script *script, const char *instead);
extern void script_free(Script *script);

#endif							/* NEON_MIGRATE_SCRIPT_H */
