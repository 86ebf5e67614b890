/*
 * lexer.h
 *	  One walk over the tokens of a migration's text.
 */
#ifndef NEON_MIGRATE_LEXER_H
#define NEON_MIGRATE_LEXER_H

#include "script.h"

extern void lexer_walk(Script *script);

#endif							/* NEON_MIGRATE_LEXER_H */
