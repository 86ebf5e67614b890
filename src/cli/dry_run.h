/*
 * dry_run.h
 *	  Shows what up would do.
 */
#ifndef NEON_MIGRATE_DRY_RUN_H
#define NEON_MIGRATE_DRY_RUN_H

#include "registration.h"

extern void dry_run_show(Server *server, Registration *registration, const Options *options);

#endif							/* NEON_MIGRATE_DRY_RUN_H */
