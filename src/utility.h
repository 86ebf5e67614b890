/*
 * utility.h
 *	  Where every utility statement passes.
 */
#ifndef NEON_MIGRATE_UTILITY_H
#define NEON_MIGRATE_UTILITY_H

/*
 * A statement that the client's statement runs, in a function or DO block.
 */
typedef struct InnerStatement
{
	const char *text;			/* that it is in; NULL if there is none */
	int			location;		/* in the text, in bytes */
	int			length;			/* 0: to the end */
} InnerStatement;

extern void utility_init(void);
extern const InnerStatement *utility_inner_statement(void);

#endif							/* NEON_MIGRATE_UTILITY_H */
