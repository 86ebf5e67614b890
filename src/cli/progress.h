/*
 * progress.h
 *	  Shows on a terminal how far the migrations have come.
 */
#ifndef NEON_MIGRATE_PROGRESS_H
#define NEON_MIGRATE_PROGRESS_H

extern void progress_begin(const char *verb);
extern bool progress_shown(void);
extern void progress_done(const char *version, int done, int total);
extern void progress_step(const char *what);
extern void progress_tick(void);
extern void progress_clear(void);
extern void progress_clear_in_handler(void);
extern void progress_end(void);

#endif							/* NEON_MIGRATE_PROGRESS_H */
