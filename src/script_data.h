/*
 * script_data.h
 *	  What is known of a migration's SQL text; see script.c for who finds it.
 */
#ifndef NEON_MIGRATE_SCRIPT_DATA_H
#define NEON_MIGRATE_SCRIPT_DATA_H

#include "common/sha2.h"
#include "nodes/parsenodes.h"

typedef struct Script
{
	/* what it belongs to, for messages */
	const char *version;		/* the migration, or NULL if it has no name */
	bool		down;			/* its down SQL, not its up SQL */
	const char *title;			/* what else it is, if it is no migration's, or NULL */

	/* set by script_read() */
	MemoryContext context;		/* holds the script and all that hangs on it */
	const char *text;			/* in the server's encoding, without byte order mark */
	int		   *starts;			/* byte offset of each statement's first token */
	int			nstarts;
	int			maxstarts;		/* room in starts */
	bool		between;		/* while reading: the next token starts a statement */
	uint8		checksum[PG_SHA256_DIGEST_LENGTH];

	/* set by script_parse() */
	MemoryContext trees;		/* holds the statements */
	List	   *statements;		/* the RawStmts to run, in order */
	bool		enveloped;		/* BEGIN and COMMIT were dropped */
	const char *nontransactional;	/* first kind of statement that refuses a
									 * transaction block, or NULL */
	int			nontransactional_start; /* and where it starts */
} Script;

#endif							/* NEON_MIGRATE_SCRIPT_DATA_H */
