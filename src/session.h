/*
 * session.h
 *	  Keeps migrations from leaving anything behind in the session.
 */
#ifndef NEON_MIGRATE_SESSION_H
#define NEON_MIGRATE_SESSION_H

#include "nodes/nodes.h"

extern void session_init(void);
extern bool session_is_migrating(void);
extern bool session_has_written_rows(void);
extern void session_check_may_migrate(const char *function);
extern void session_see_utility(Node *stmt);
extern void session_watch_begin(void);
extern void session_watch_end(void);
extern void session_clean_up(void);
extern const char *session_refused_kind(Node *stmt);
extern int	session_refusal(const char *kind);

#endif							/* NEON_MIGRATE_SESSION_H */
