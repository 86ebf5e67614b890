/*
 * guard_key.h
 *	  One object under the several names that it is called by.
 */
#ifndef NEON_MIGRATE_GUARD_KEY_H
#define NEON_MIGRATE_GUARD_KEY_H

extern char *guard_key(const char *identity);
extern char *guard_key_of_whole(const char *identity);
extern bool guard_key_fits_kind(const char *type, const char *kind);

#endif							/* NEON_MIGRATE_GUARD_KEY_H */
