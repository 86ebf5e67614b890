/*
 * turn.h
 *	  Waits for somebody else who migrates.
 */
#ifndef NEON_MIGRATE_TURN_H
#define NEON_MIGRATE_TURN_H

#include "server.h"

extern bool turn_is_taken(const PGresult *result);
extern void turn_wait(Server *server, const PGresult *error);

#endif							/* NEON_MIGRATE_TURN_H */
