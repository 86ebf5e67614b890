/*
 * cast.h
 *	  How the values of a column come to another type.
 */
#ifndef NEON_MIGRATE_GENERATE_CAST_H
#define NEON_MIGRATE_GENERATE_CAST_H

typedef enum CastNeed
{
	CAST_NONE,					/* ALTER COLUMN TYPE does it by itself */
	CAST_EXPLICIT,				/* it needs USING with a cast */
	CAST_BY_TEXT				/* there is no cast but by way of text */
} CastNeed;

extern CastNeed cast_need(const char *from, const char *to);
extern bool cast_keeps_rows(const char *from, const char *to);

#endif							/* NEON_MIGRATE_GENERATE_CAST_H */
