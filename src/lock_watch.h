/*
 * lock_watch.h
 *	  Which relations statements lock and rewrite.
 */
#ifndef NEON_MIGRATE_LOCK_WATCH_H
#define NEON_MIGRATE_LOCK_WATCH_H

#include "nodes/pg_list.h"
#include "utils/snapshot.h"

typedef struct LockWatch LockWatch;

/*
 * A relation that was there before.
 */
typedef struct WatchedRelation
{
	Oid			oid;			/* hash key */
	const char *name;			/* it had, qualified; NULL if it is not watched */
	char		kind;
	int			mode;			/* strongest lock held, 0 if none */
	Oid			storage;		/* file */
} WatchedRelation;

extern LockWatch *lock_watch_begin(Snapshot before);
extern void lock_watch_look(LockWatch *watch, List **locked, List **rewritten);
extern const char *lock_watch_mode_name(int mode);

#endif							/* NEON_MIGRATE_LOCK_WATCH_H */
