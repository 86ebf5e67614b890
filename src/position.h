/*
 * position.h
 *	  Says of an error where in a migration's own text it happened.
 */
#ifndef NEON_MIGRATE_POSITION_H
#define NEON_MIGRATE_POSITION_H

#include "script_data.h"

typedef struct Position
{
	ErrorContextCallback callback;
	const Script *script;
	int			statement;		/* number of the running statement, 0 while reading */
	int			start;			/* byte offset of its first token */
	int			length;			/* in bytes */
	bool		at_end;			/* it is done: its deferred constraints are checked */

	/* private: where position_line_and_column() has counted to, and what it found */
	int			counted;		/* byte offset */
	int			newlines;		/* before it */
	int			line_start;		/* byte offset of the line it is on */
} Position;

extern int	position_statement_number(const Script *script, int offset);
extern void position_numbered_span(const Script *script, int number, int *start, int *length);
extern void position_statement_span(const Script *script, const RawStmt *raw,
									int *start, int *length);
extern void position_line_and_column(Position *position, int offset, int *line, int *column);
extern void position_push(Position *position, const Script *script);
extern void position_set(Position *position, const RawStmt *raw);
extern int	position_line(Position *position);
extern void position_pop(Position *position);
extern int	position_errposition(const Script *script, int offset);

#endif							/* NEON_MIGRATE_POSITION_H */
