/*
 * lint.h
 *	  What is wrong or dangerous in a migration's SQL, said before it runs.
 */
#ifndef NEON_MIGRATE_LINT_H
#define NEON_MIGRATE_LINT_H

#include "lint/rules.h"
#include "script_data.h"

typedef enum LintSeverity
{
	LINT_NOTICE,				/* true, but harmless */
	LINT_WARNING,
	LINT_ERROR					/* loses data, fails, or blocks for long */
} LintSeverity;

typedef struct LintFinding
{
	LintRule	rule;
	LintSeverity severity;
	const Script *script;
	int			order;			/* of the script among all */
	int			statement;		/* from 1; 0 if it is about none */
	int			offset;			/* in the script's text, in bytes */
	char	   *message;
	char	   *hint;			/* NULL if there is nothing to say */
} LintFinding;

/*
 * What is being looked at.  One Lint can look at several scripts, in the order
 * in which they are to run.
 */
typedef struct Lint
{
	LintSeverity least;			/* findings below this are not wanted */
	bool		by_procedure;	/* statements get the transactions that they need */
	bool		for_function;	/* all run in one transaction, for sure */
	List	   *findings;		/* of LintFinding */
	List	   *open;			/* of LintOpen, to be judged at the end */
	struct LintIgnore *always_ignore;	/* what is not to be reported */
	struct LintIgnore *ignore;	/* and of this script */

	/* the statement */
	const Script *script;
	int			order;			/* of the script, from 1; 0 before the first */
	const RawStmt *raw;
	int			index;			/* its place in script->statements */
	int			statement;		/* its number in the text */
	int			start;			/* byte offset of its first token */
	int			transaction;	/* grows with each that the scripts are run in */
	bool		opaque;			/* what ran before may have done anything */

	/* what the database is like at this point */
	List	   *tables;			/* of LintTable */
	List	   *types;			/* of LintType */
	List	   *gone_schemas;	/* names of those dropped, char * */
	List	   *functions;		/* CreateFunctionStmts */
	List	   *locks;			/* of LintLock: tables locked against all use */
} Lint;

/*
 * What can be judged only when everything is known.
 */
typedef void (*LintJudge) (Lint *lint, void *arg);

typedef struct LintOpen
{
	LintJudge	judge;
	void	   *arg;
	struct LintIgnore *ignore;
	const Script *script;
	int			order;
	const RawStmt *raw;
	int			index;
	int			statement;
	int			start;
	int			transaction;
} LintOpen;

extern Lint *lint_begin(LintSeverity least, bool by_procedure);
extern void lint_script(Lint *lint, const Script *script);
extern List *lint_end(Lint *lint);
extern const char *lint_severity_name(LintSeverity severity);

/* for the rules */
extern bool lint_wants(const Lint *lint, LintRule rule, LintSeverity severity);
extern void lint_report(Lint *lint, LintRule rule, LintSeverity severity, int location,
						char *message, char *hint);
extern void lint_later(Lint *lint, LintJudge judge, void *arg);
extern char *lint_statement_text(const Lint *lint);

#endif							/* NEON_MIGRATE_LINT_H */
