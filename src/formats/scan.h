/*
 * scan.h
 *	  Tells comments and quoted text in SQL from the rest of it.
 */
#ifndef NEON_MIGRATE_SCAN_H
#define NEON_MIGRATE_SCAN_H

#include "nodes/pg_list.h"

typedef enum SpanKind
{
	SPAN_END,
	SPAN_CODE,
	SPAN_QUOTED,				/* string, dollar quote or quoted name */
	SPAN_LINE_COMMENT,			/* without the line's end */
	SPAN_BLOCK_COMMENT
} SpanKind;

typedef struct SqlScan
{
	const char *text;
	int			start;			/* of the span found last */
	int			end;
	bool		escapes;		/* the next quote is that of an E'' string */
} SqlScan;

/*
 * Bytes from "start" up to "end".
 */
typedef struct Region
{
	int			start;
	int			end;
} Region;

/*
 * Does the comment, which begins with "--", say something to a tool?
 */
typedef bool (*DirectiveTest) (const char *comment);

extern void sql_scan_begin(SqlScan *scan, const char *text, int from);
extern SpanKind sql_scan_next(SqlScan *scan);
extern bool sql_scan_statement(SqlScan *scan, Region *statement);
extern int	sql_first_code(const char *text, int from, int to);
extern List *sql_directives(const char *text, DirectiveTest test);
extern bool sql_has_directive(const char *text, const char *word, DirectiveTest test);
extern bool sql_at_line_start(const char *text, int offset, bool after_blanks);
extern char *sql_keep_regions(const char *text, const List *regions);
extern void sql_blank(char *text, int start, int end);

#endif							/* NEON_MIGRATE_SCAN_H */
