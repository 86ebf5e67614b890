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

#endif							/* NEON_MIGRATE_LEXER_H */
