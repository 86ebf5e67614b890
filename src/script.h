/*
 * script.h
 *	  A migration's SQL text: read, checked and parsed before anything runs.
 */
#ifndef NEON_MIGRATE_SCRIPT_H
#define NEON_MIGRATE_SCRIPT_H

#include "common/sha2.h"
#include "nodes/parsenodes.h"

typedef struct Script
{
	/* what it belongs to, for messages */
	const char *version;		/* the migration, or NULL if it has no name */
	bool		down;			/* its down SQL, not its up SQL */

	/* set by script_read() */
	MemoryContext context;		/* holds the script and all that hangs on it */
	const char *text;			/* in the server's encoding, without byte order mark */
	int		   *starts;			/* byte offset of each statement's first token */
	int			nstarts;
	int			maxstarts;		/* room in starts */
	uint8		checksum[PG_SHA256_DIGEST_LENGTH];

	/* set by script_parse() */
	MemoryContext trees;		/* holds the statements */
	List	   *statements;		/* the RawStmts to run, in order */
	bool		enveloped;		/* BEGIN and COMMIT were dropped */
	const char *nontransactional;	/* first kind of statement that refuses a
									 * transaction block, or NULL */
	int			nontransactional_start; /* and where it starts */
} Script;

extern Script *script_read(const char *version, bool down, text *sql);
extern void script_parse(Script *script);
extern void script_parse_again(Script *script);
extern void script_require_transactional(const Script *script, const char *instead);
extern void script_free(Script *script);
extern int	script_statement_number(const Script *script, int offset);
extern void script_numbered_span(const Script *script, int number, int *start, int *length);
extern void script_statement_span(const Script *script, const RawStmt *raw,
								  int *start, int *length);

#endif							/* NEON_MIGRATE_SCRIPT_H */
