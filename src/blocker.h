/*
 * blocker.h
 *	  Who kept a migration's statement waiting for a lock.
 */
#ifndef NEON_MIGRATE_BLOCKER_H
#define NEON_MIGRATE_BLOCKER_H

extern void blocker_watch_begin(void);
extern void blocker_watch_end(void);
extern char *blocker_describe(void);

#endif							/* NEON_MIGRATE_BLOCKER_H */
