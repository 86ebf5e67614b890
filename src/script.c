/*-------------------------------------------------------------------------
 *
 * script.c
 *	  A migration's SQL text: read, checked and parsed before anything runs.
 *
 * After script_read() the text is known to be whole tokens and its checksum
 * is there; that is enough to find that nothing needs to be done.  After
 * script_parse() it is known to be grammatical and to hold nothing that a
 * migration may not do, so that the last statement cannot turn out to be
 * impossible after all others have run.
 *
 * BEGIN and COMMIT around the whole script are dropped: the migration is one
 * transaction anyway.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/pg_list.h"
#include "parser/parser.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "lexer.h"
#include "position.h"
#include "script.h"
#include "session.h"
#include "settings.h"
#include "statement_kind.h"

static Script *
read_script(const char *version, bool down, const char *title, text *sql)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "neon_migrate script",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Script	   *script = palloc0(sizeof(Script));
	const char *data = VARDATA_ANY(sql);
	size_t		length = VARSIZE_ANY_EXHDR(sql);
	Position	position;

	/* a byte order mark is not part of the text */
	if (length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
	{
		data += 3;
		length -= 3;
	}
	script->version = version ? pstrdup(version) : NULL;
	script->down = down;
	script->title = title;
	script->context = context;
	script->text = pnstrdup(data, length);

	position_push(&position, script);
	lexer_walk(script);
	position_pop(&position);

	MemoryContextSwitchTo(old_context);
	return script;
}

/*
 * Reads "sql" as the up (or, if "down", the down) SQL of a migration and
 * takes its checksum.  "version" may be NULL.  The script lives in a memory
 * context of its own, a child of the current one, until script_free().
 */
Script *
script_read(const char *version, bool down, text *sql)
{
	return read_script(version, down, NULL, sql);
}

/*
 * The same for SQL that is no migration's.  "title" is what messages call it.
 */
Script *
script_read_titled(const char *title, text *sql)
{
	return read_script(NULL, false, title, sql);
}

/*
 * Frees a script and all that hangs on it.
 */
void
script_free(Script *script)
{
	MemoryContextDelete(script->context);
}

/*
 * Returns the transaction control statement that "raw" is, or NULL.
 */
static TransactionStmt *
transaction_statement(const RawStmt *raw)
{
	return IsA(raw->stmt, TransactionStmt) ? (TransactionStmt *) raw->stmt : NULL;
}

static bool
is_plain_begin(const TransactionStmt *stmt)
{
	return stmt != NULL && stmt->options == NIL &&
		(stmt->kind == TRANS_STMT_BEGIN || stmt->kind == TRANS_STMT_START);
}

static bool
is_plain_commit(const TransactionStmt *stmt)
{
	return stmt != NULL && stmt->kind == TRANS_STMT_COMMIT && !stmt->chain;
}

/*
 * Parses the text into script->statements, without BEGIN and COMMIT if they
 * are the first and the last one.
 */
static void
parse_statements(Script *script)
{
	MemoryContext old_context = MemoryContextSwitchTo(script->trees);
	List	   *statements;
	int			nest = NewGUCNestLevel();

	/* as when the checksum was taken */
	if (!standard_conforming_strings)
		settings_pin("standard_conforming_strings", "on");
	statements = raw_parser(script->text, RAW_PARSE_DEFAULT);
	AtEOXact_GUC(false, nest);

	script->enveloped = list_length(statements) >= 2 &&
		is_plain_begin(transaction_statement(linitial(statements))) &&
		is_plain_commit(transaction_statement(llast(statements)));
	if (script->enveloped)
		statements = list_delete_first(list_delete_last(statements));
	script->statements = statements;
	MemoryContextSwitchTo(old_context);
}

/*
 * Raises 0A000 if a statement may not be part of a migration.
 */
static void
refuse_statement(const Script *script, const RawStmt *raw)
{
	const char *kind = session_refused_kind(raw->stmt);
	int			start,
				length;

	if (IsA(raw->stmt, CopyStmt) && ((CopyStmt *) raw->stmt)->filename == NULL)
	{
		/* should the lexer have missed it */
		position_statement_span(script, raw, &start, &length);
		lexer_refuse_copy(script, ((CopyStmt *) raw->stmt)->is_from, start);
	}
	if (kind == NULL && !IsA(raw->stmt, TransactionStmt))
		return;
	position_statement_span(script, raw, &start, &length);
	if (kind != NULL)
		ereport(ERROR,
				(session_refusal(kind),
				 position_errposition(script, start)));
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s is not possible in a migration", CreateCommandName(raw->stmt)),
			 errdetail("A migration is one transaction, which starts and ends outside of its SQL."),
			 errhint("Take it out, or make a migration of each part."),
			 position_errposition(script, start)));
}

/*
 * Parses the script and looks at each statement.  Raises syntax errors, and
 * 0A000 for what a migration may not hold.
 */
void
script_parse(Script *script)
{
	Position	position;
	ListCell   *cell;

	script->trees = AllocSetContextCreate(script->context, "neon_migrate parse trees",
										  ALLOCSET_DEFAULT_SIZES);
	position_push(&position, script);
	parse_statements(script);
	foreach(cell, script->statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		int			length;

		refuse_statement(script, raw);
		if (script->nontransactional == NULL)
		{
			script->nontransactional = statement_nontransactional_kind(raw->stmt);
			if (script->nontransactional != NULL)
				position_statement_span(script, raw, &script->nontransactional_start, &length);
		}
	}
	position_pop(&position);
	if (script->enveloped)
		ereport(NOTICE,
				(errmsg("BEGIN and COMMIT around a migration are redundant and were ignored"),
				 errdetail("A migration is always applied in a transaction, together with its entry in the ledger.")));
}

/*
 * Makes the statements of a parsed script anew, to run it once more: running
 * a statement may scribble on its tree.
 */
void
script_parse_again(Script *script)
{
	MemoryContextReset(script->trees);
	parse_statements(script);
}

/*
 * Raises 25001 if a parsed script cannot run in a transaction.  "instead" is
 * what to use then.
 */
void
script_require_transactional(const Script *script, const char *instead)
{
	Position	position;

	if (script->nontransactional == NULL)
		return;
	position_push(&position, script);
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("%s cannot run inside a transaction block", script->nontransactional),
			 errdetail("A function always runs inside the transaction of its caller."),
			 errhint("Use %s, outside of a transaction.", instead),
			 position_errposition(script, script->nontransactional_start)));
}
