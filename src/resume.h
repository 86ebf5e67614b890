/*
 * resume.h
 *	  Goes on with a step that was begun and not finished.
 */
#ifndef NEON_MIGRATE_RESUME_H
#define NEON_MIGRATE_RESUME_H

#include "nodes/parsenodes.h"

typedef enum ResumeAction
{
	RESUME_RUN,					/* run the statement again */
	RESUME_FINISHED,			/* it had its effect, only nobody noted it */
	RESUME_IMPOSSIBLE			/* how far it came cannot be told */
} ResumeAction;

extern char *resume_note(Node *stmt);
extern void resume_follow_note(Node *stmt, const char *note);
extern ResumeAction resume_look(Node *stmt, const char *note, List **leftovers);
extern List *resume_invalid_index(Node *stmt);
extern RawStmt *resume_drop_index(const char *schema, const char *index);

#endif							/* NEON_MIGRATE_RESUME_H */
