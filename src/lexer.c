/*-------------------------------------------------------------------------
 *
 * lexer.c
 *	  One walk over the tokens of a migration's text.
 *
 * PostgreSQL's own scanner cuts the text into tokens.  From them come:
 *
 * - the checksum, SHA-256 over kind and value of each token, so that comments,
 *   blank space and line ends do not count.  It must come out the same in
 *   every session and in every major version, so it is taken with
 *   standard_conforming_strings on, in UTF-8, and it does not tell keywords
 *   from other unquoted words (new majors bring new keywords).  Semicolons
 *   count only between statements.
 *
 * - where each statement starts, for messages.
 *
 * - the refusal of what only psql can do.  That cannot wait for the parser,
 *   which would see the data of a COPY FROM STDIN as a syntax error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/keywords.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "port/pg_bswap.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "lexer.h"
#include "position.h"
#include "settings.h"

/*
 * Token codes of the core scanner.  They are hard-wired into it, before all
 * keywords, for those who share it without the core grammar (see gram.y and
 * PL/pgSQL's pl_gram.y); the header with their names is not installed.
 */
enum
{
	TOKEN_IDENT = 258,
	TOKEN_UIDENT,
	TOKEN_FCONST,
	TOKEN_SCONST,
	TOKEN_USCONST,
	TOKEN_BCONST,
	TOKEN_XCONST,
	TOKEN_OP,
	TOKEN_ICONST,
	TOKEN_PARAM,
	TOKEN_TYPECAST,
	TOKEN_DOT_DOT,
	TOKEN_COLON_EQUALS,
	TOKEN_EQUALS_GREATER,
	TOKEN_LESS_EQUALS,
	TOKEN_GREATER_EQUALS,
	TOKEN_NOT_EQUALS,

	/* ours: what we make the scanner return for every keyword */
	TOKEN_KEYWORD = 5000
};

#define HASH_BUFFER 8192

typedef struct Walk
{
	Script	   *script;
	pg_cryptohash_ctx *hash;
	StringInfoData pending;		/* bytes not yet hashed */
	bool		semicolon;		/* one is owed to the hash */

	/* the statement so far */
	int			tokens;			/* number of its tokens */
	int			parens;			/* open parentheses */
	int			blocks;			/* open BEGIN ATOMIC and CASE in a routine's body */
	bool		copy;			/* it starts with COPY */
	bool		create;			/* CREATE [OR REPLACE] so far */
	bool		routine;		/* CREATE [OR REPLACE] FUNCTION or PROCEDURE */
	bool		after_direction;	/* the last token was FROM or TO */
	bool		after_begin;	/* it was BEGIN */
	bool		after_name_sign;	/* it was AS or a dot: the next is a name */
} Walk;

static void
hash_bytes(Walk *walk, const char *bytes, size_t length)
{
	if (pg_cryptohash_update(walk->hash, (const uint8 *) bytes, length) < 0)
		elog(ERROR, "could not update the checksum of a migration");
}

static void
flush_hash(Walk *walk)
{
	hash_bytes(walk, walk->pending.data, walk->pending.len);
	resetStringInfo(&walk->pending);
}

/*
 * Adds one token to the checksum: its kind, its length and its value.
 */
static void
hash_token(Walk *walk, char kind, const char *value)
{
	char	   *utf8 = pg_server_to_any(value, strlen(value), PG_UTF8);
	size_t		length = strlen(utf8);
	uint32		n = pg_hton32((uint32) length);

	appendStringInfoChar(&walk->pending, kind);
	appendBinaryStringInfo(&walk->pending, (char *) &n, sizeof(n));
	if (walk->pending.len + length > HASH_BUFFER)
		flush_hash(walk);
	if (length > HASH_BUFFER)
		hash_bytes(walk, utf8, length);
	else
		appendBinaryStringInfo(&walk->pending, utf8, length);
}

/*
 * Takes the carriage return out of each CR LF, in place: a checkout that
 * turns line ends around does so inside literals, too.
 */
static char *
unify_line_ends(char *value)
{
	char	   *to = strchr(value, '\r');

	if (to == NULL)
		return value;
	for (const char *from = to; *from; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
	return value;
}

/*
 * Is the literal at "literal" an E'' one without a carriage return in its text?
 * Then those in its value were written as \r, which counts.
 */
static bool
has_only_escaped_returns(const char *literal)
{
	if (pg_tolower((unsigned char) *literal) != 'e')
		return false;
	for (const char *p = literal + 2; *p && *p != '\''; p++)
	{
		if (*p == '\r')
			return false;
		if ((*p == '\\' || (p[0] == '\'' && p[1] == '\'')) && p[1])
			p++;
	}
	return true;
}

/*
 * Adds a token to the checksum as the scanner returned it.
 */
static void
checksum_token(Walk *walk, int token, core_YYSTYPE *value, int location)
{
	char		buffer[32];

	switch (token)
	{
		case TOKEN_KEYWORD:
			hash_token(walk, 'w', value->keyword);
			break;
		case TOKEN_IDENT:
			hash_token(walk, walk->script->text[location] == '"' ? 'q' : 'w', value->str);
			break;
		case TOKEN_UIDENT:
			hash_token(walk, 'u', value->str);
			break;
		case TOKEN_SCONST:
			hash_token(walk, 's',
					   has_only_escaped_returns(walk->script->text + location) ?
					   value->str : unify_line_ends(value->str));
			break;
		case TOKEN_USCONST:
			hash_token(walk, 'v', unify_line_ends(value->str));
			break;
		case TOKEN_BCONST:
		case TOKEN_XCONST:
			hash_token(walk, 'b', value->str);
			break;
		case TOKEN_OP:
			hash_token(walk, 'o', value->str);
			break;
		case TOKEN_FCONST:
			hash_token(walk, 'n', value->str);
			break;
		case TOKEN_ICONST:
			snprintf(buffer, sizeof(buffer), "%d", value->ival);
			hash_token(walk, 'n', buffer);
			break;
		case TOKEN_PARAM:
			snprintf(buffer, sizeof(buffer), "%d", value->ival);
			hash_token(walk, 'p', buffer);
			break;
		case TOKEN_TYPECAST:
			hash_token(walk, 'o', "::");
			break;
		case TOKEN_DOT_DOT:
			hash_token(walk, 'o', "..");
			break;
		case TOKEN_COLON_EQUALS:
			hash_token(walk, 'o', ":=");
			break;
		case TOKEN_EQUALS_GREATER:
			hash_token(walk, 'o', "=>");
			break;
		case TOKEN_LESS_EQUALS:
			hash_token(walk, 'o', "<=");
			break;
		case TOKEN_GREATER_EQUALS:
			hash_token(walk, 'o', ">=");
			break;
		case TOKEN_NOT_EQUALS:
			hash_token(walk, 'o', "<>");
			break;
		default:
			buffer[0] = (char) token;
			buffer[1] = '\0';
			hash_token(walk, 'o', buffer);
			break;
	}
}

/*
 * Raises the refusal of a psql command.
 */
static void
refuse_backslash(Walk *walk, int location)
{
	const char *start = walk->script->text + location;
	char	   *word = pnstrdup(start, 1 + strcspn(start + 1, " \t\r\n;\\'\""));
	const char *hint;

	if (strcmp(word, "\\copy") == 0 || strcmp(word, "\\.") == 0)
		hint = "Write the rows as INSERT ... VALUES, or use COPY with a file on the server.";
	else if (strcmp(word, "\\i") == 0 || strcmp(word, "\\ir") == 0)
		hint = "Put the text of the included file in its place.";
	else if (strcmp(word, "\\set") == 0)
		hint = "Write the variable's value where it is used.";
	else
		hint = "Take it out; the server gets only SQL.";

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("psql command \"%s\" is not possible in a migration", word),
			 errdetail("Backslash commands are known to psql only, not to the server."),
			 errhint("%s", hint),
			 position_errposition(walk->script, location)));
}

/*
 * Raises the refusal of a COPY from or to the client at byte "location".
 */
void
lexer_refuse_copy(const Script *script, bool from, int location)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("COPY %s is not possible in a migration", from ? "FROM STDIN" : "TO STDOUT"),
			 errdetail("A migration has no connection to a client's data."),
			 errhint("%s", from ?
					 "Write the rows as INSERT ... VALUES, or use COPY with a file on the server." :
					 "Take it out, or use COPY with a file on the server."),
			 position_errposition(script, location)));
}

/*
 * Notes that a statement starts at byte "location".
 */
static void
start_statement(Walk *walk, int location)
{
	Script	   *script = walk->script;

	if (script->nstarts == script->maxstarts)
	{
		script->maxstarts *= 2;
		script->starts = repalloc_huge(script->starts, sizeof(int) * (Size) script->maxstarts);
	}
	script->starts[script->nstarts++] = location;
	walk->parens = walk->blocks = 0;
	walk->copy = walk->create = walk->routine = false;
	walk->after_direction = walk->after_begin = walk->after_name_sign = false;
	script->between = false;
}

/*
 * Follows what a keyword says of the statement's kind and nesting.
 */
static void
follow_keyword(Walk *walk, const char *keyword, int location)
{
	bool		direction = false;

	if (walk->tokens == 1)
	{
		walk->copy = strcmp(keyword, "copy") == 0;
		walk->create = strcmp(keyword, "create") == 0;
	}
	else if (walk->copy && walk->parens == 0)
	{
		if (walk->after_direction &&
			(strcmp(keyword, "stdin") == 0 || strcmp(keyword, "stdout") == 0))
			lexer_refuse_copy(walk->script, strcmp(keyword, "stdin") == 0, location);
		direction = strcmp(keyword, "from") == 0 || strcmp(keyword, "to") == 0;
	}
	else if (walk->create)
	{
		walk->routine = strcmp(keyword, "function") == 0 || strcmp(keyword, "procedure") == 0;
		walk->create = strcmp(keyword, "or") == 0 || strcmp(keyword, "replace") == 0;
	}
	else if (walk->routine && walk->parens == 0)
	{
		/* BEGIN ATOMIC opens; inside, CASE opens, too, and END closes either */
		if (strcmp(keyword, "atomic") == 0 && walk->after_begin)
			walk->blocks++;
		else if (walk->blocks > 0 && !walk->after_name_sign && strcmp(keyword, "case") == 0)
			walk->blocks++;
		else if (walk->blocks > 0 && !walk->after_name_sign && strcmp(keyword, "end") == 0)
			walk->blocks--;
	}
	walk->after_direction = direction;
	walk->after_begin = !walk->after_name_sign && strcmp(keyword, "begin") == 0;
}

/*
 * Takes in one token.
 */
static void
walk_token(Walk *walk, int token, core_YYSTYPE *value, int location)
{
	if (token == ';' && walk->parens == 0 && walk->blocks == 0)
	{
		walk->semicolon = walk->script->nstarts > 0;
		walk->tokens = 0;
		walk->script->between = true;
		return;
	}
	if (walk->tokens++ == 0)
		start_statement(walk, location);
	if (token == '\\')
		refuse_backslash(walk, location);
	if (token == TOKEN_KEYWORD)
		follow_keyword(walk, value->keyword, location);
	else
		walk->create = walk->after_direction = walk->after_begin = false;
	walk->after_name_sign = token == '.' ||
		(token == TOKEN_KEYWORD && strcmp(value->keyword, "as") == 0);
	if (token == '(')
		walk->parens++;
	else if (token == ')' && walk->parens > 0)
		walk->parens--;

	if (walk->semicolon)
	{
		hash_token(walk, 'o', ";");
		walk->semicolon = false;
	}
	checksum_token(walk, token, value, location);
}

/*
 * Begins to scan "text".  Every keyword comes as TOKEN_KEYWORD, and literals
 * are read in one way in every session.
 */
static core_yyscan_t
begin_scan(const char *text, core_yy_extra_type *extra)
{
	uint16	   *keyword_tokens = palloc(sizeof(uint16) * ScanKeywords.num_keywords);
	core_yyscan_t scanner;

	for (int i = 0; i < ScanKeywords.num_keywords; i++)
		keyword_tokens[i] = TOKEN_KEYWORD;
	scanner = scanner_init(text, extra, &ScanKeywords, keyword_tokens);
	extra->standard_conforming_strings = true;
	extra->escape_string_warning = false;
	extra->backslash_quote = BACKSLASH_QUOTE_SAFE_ENCODING;
	return scanner;
}

/*
 * Walks over script->text and sets its checksum and its statements' starts.
 * Raises 0A000 for what only psql can do, and the scanner's own errors.  Must
 * be called under a position_push() of the script.
 */
void
lexer_walk(Script *script)
{
	Walk		walk = {.script = script};
	core_yy_extra_type extra;
	core_yyscan_t scanner;
	MemoryContext token_context,
				old_context;
	int			nest = NewGUCNestLevel();

	/* the parser will say it when it truncates a name; once is enough */
	settings_pin("client_min_messages", "warning");

	script->between = true;
	script->maxstarts = 16;
	script->nstarts = 0;
	script->starts = palloc(sizeof(int) * script->maxstarts);

	initStringInfo(&walk.pending);
	walk.hash = pg_cryptohash_create(PG_SHA256);
	if (walk.hash == NULL || pg_cryptohash_init(walk.hash) < 0)
		elog(ERROR, "could not start the checksum of a migration");

	scanner = begin_scan(script->text, &extra);

	/* the scanner leaves each token's value behind */
	token_context = AllocSetContextCreate(CurrentMemoryContext,
										  "neon_migrate tokens", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(token_context);
	for (;;)
	{
		core_YYSTYPE value;
		YYLTYPE		location;
		int			token;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(token_context);
		token = core_yylex(&value, &location, scanner);
		if (token == 0)
			break;
		walk_token(&walk, token, &value, location);
	}
	MemoryContextSwitchTo(old_context);
	scanner_finish(scanner);
	script->between = false;

	flush_hash(&walk);
	if (pg_cryptohash_final(walk.hash, script->checksum, sizeof(script->checksum)) < 0)
		elog(ERROR, "could not finish the checksum of a migration");
	pg_cryptohash_free(walk.hash);
	pfree(walk.pending.data);
	MemoryContextDelete(token_context);
	AtEOXact_GUC(false, nest);
}

/*
 * Does a PL/pgSQL body contain COMMIT or ROLLBACK, other than ON COMMIT?
 */
bool
lexer_ends_transaction(const char *body)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = begin_scan(body, &extra);
	bool		after_on = false,
				found = false;
	int			nest = NewGUCNestLevel();

	settings_pin("client_min_messages", "warning");
	while (!found)
	{
		core_YYSTYPE value;
		YYLTYPE		location;
		int			token = core_yylex(&value, &location, scanner);

		if (token == 0)
			break;
		if (token == TOKEN_KEYWORD && !after_on)
			found = strcmp(value.keyword, "commit") == 0 || strcmp(value.keyword, "rollback") == 0;
		after_on = token == TOKEN_KEYWORD && strcmp(value.keyword, "on") == 0;
	}
	scanner_finish(scanner);
	AtEOXact_GUC(false, nest);
	return found;
}

/*
 * Shows each token of "text" to "visitor".  What is between them is blank space
 * and comments.
 */
void
lexer_visit(const char *text, LexerVisitor visitor, void *arg)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = begin_scan(text, &extra);
	MemoryContext token_context = AllocSetContextCreate(CurrentMemoryContext,
														"neon_migrate tokens",
														ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = CurrentMemoryContext;
	int			nest = NewGUCNestLevel();

	settings_pin("client_min_messages", "warning");
	for (;;)
	{
		core_YYSTYPE value;
		YYLTYPE		location;
		int			token;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(token_context);
		MemoryContextSwitchTo(token_context);
		token = core_yylex(&value, &location, scanner);
		MemoryContextSwitchTo(old_context);
		if (token == 0)
			break;
		/* the scanner ends the token in its buffer, until it goes on */
		visitor(location, strlen(extra.scanbuf + location),
				token == TOKEN_IDENT || token == TOKEN_UIDENT, arg);
	}
	scanner_finish(scanner);
	MemoryContextDelete(token_context);
	AtEOXact_GUC(false, nest);
}
