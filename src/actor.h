/*
 * actor.h
 *	  Who is doing something, and from where.
 */
#ifndef NEON_MIGRATE_ACTOR_H
#define NEON_MIGRATE_ACTOR_H

extern Datum actor_login(bool must_exist);
extern Datum actor_role(bool must_exist);
extern Datum actor_client(void);
extern Datum actor_application(bool *isnull);

#endif							/* NEON_MIGRATE_ACTOR_H */
