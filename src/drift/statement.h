/*
 * statement.h
 *	  Notes what a statement is about to change.
 */
#ifndef NEON_MIGRATE_DRIFT_STATEMENT_H
#define NEON_MIGRATE_DRIFT_STATEMENT_H

extern void statement_init(void);

#endif							/* NEON_MIGRATE_DRIFT_STATEMENT_H */
