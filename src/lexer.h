/*
 * lexer.h
 *	  Walks over the tokens of a migration's text.
 */
#ifndef NEON_MIGRATE_LEXER_H
#define NEON_MIGRATE_LEXER_H

#include "script_data.h"

extern void lexer_walk(Script *script);
extern void lexer_refuse_copy(const Script *script, bool from, int location);
extern bool lexer_ends_transaction(const char *body);

/*
 * Sees one token, by its place in the text; the scanner's own value of it is
 * not given.
 */
typedef void (*LexerVisitor) (int start, int length, bool is_name, void *arg);

extern void lexer_visit(const char *text, LexerVisitor visitor, void *arg);

#endif							/* NEON_MIGRATE_LEXER_H */
