/*
 * steps.h
 *	  The steps that a migration is run in when one transaction will not do.
 */
#ifndef NEON_MIGRATE_STEPS_H
#define NEON_MIGRATE_STEPS_H

#include "script_data.h"

/*
 * Neighbouring statements of a script that are committed together.
 */
typedef struct Step
{
	int			number;			/* from 1 */
	int			first;			/* index in script->statements */
	int			last;
	const char *alone;			/* kind of the one statement that cannot be in a
								 * transaction block, or NULL */
} Step;

extern List *steps_cut(const Script *script);
extern char *steps_cut_to_text(const List *steps);
extern List *steps_cut_from_text(const Script *script, const char *text);
extern bool steps_is_setting(const RawStmt *raw);
extern const char *steps_session_bound(const Script *script, const Step *step);

#endif							/* NEON_MIGRATE_STEPS_H */
