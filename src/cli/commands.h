/*
 * commands.h
 *	  What the commands do; see the table in commands.c.
 */
#ifndef NEON_MIGRATE_COMMANDS_H
#define NEON_MIGRATE_COMMANDS_H

#include "options.h"

/* in command_init.c */
extern void command_init(const Options *options);

/* in command_new.c */
extern void command_new(const Options *options);

/* in command_run.c */
extern void command_up(const Options *options);
extern void command_down(const Options *options);
extern void command_redo(const Options *options);

/* in command_stamp.c */
extern void command_stamp(const Options *options);

/* in command_look.c */
extern void command_status(const Options *options);
extern void command_history(const Options *options);
extern void command_current(const Options *options);
extern void command_verify(const Options *options);

/* in command_wait.c */
extern void command_health(const Options *options);
extern void command_wait(const Options *options);

/* in command_drift.c */
extern void command_drift(const Options *options);

/* in command_lint.c */
extern void command_lint(const Options *options);

/* in command_diff.c */
extern void command_diff(const Options *options);

/* in command_snapshot.c */
extern void command_snapshot(const Options *options);

/* in command_sql.c */
extern void command_sql(const Options *options);

#endif							/* NEON_MIGRATE_COMMANDS_H */
