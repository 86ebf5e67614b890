/*
 * redact.h
 *	  Takes passwords and the like out of a statement.
 */
#ifndef NEON_MIGRATE_REDACT_H
#define NEON_MIGRATE_REDACT_H

extern char *redact_secrets(const char *text);
extern char *redact_literals(const char *text);

#endif							/* NEON_MIGRATE_REDACT_H */
