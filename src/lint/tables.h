/*
 * tables.h
 *	  The tables as they are at a point of a script: those of the database, and
 *	  what the statements before have made of them.
 */
#ifndef NEON_MIGRATE_LINT_TABLES_H
#define NEON_MIGRATE_LINT_TABLES_H

#include "access/attnum.h"
#include "nodes/parsenodes.h"

#include "lint/lint.h"

typedef struct LintColumn
{
	char	   *name;
	AttrNumber	number;			/* in the database; 0 if a script adds it */
	bool		gone;
	Oid			type;			/* InvalidOid if it is not known */
	int32		typmod;
	Oid			collation;
	bool		not_null;
	bool		has_default;
	bool		checked;		/* a script has validated that it is not null */
} LintColumn;

/*
 * An index, or what makes one.
 */
typedef struct LintKey
{
	char	   *name;			/* NULL if it is not known */
	List	   *columns;		/* names, char *; the expressions are NULL */
	Oid			index;			/* InvalidOid if a script makes it */
	bool		unique;			/* of all rows, at once, by its columns */
	bool		primary;
	bool		whole;			/* has all rows, and is valid */
	bool		plain;			/* a B-tree with default operators, in ascending order */
} LintKey;

/*
 * A constraint that a script adds with NOT VALID.
 */
typedef struct LintPromise
{
	char	   *name;
	int			transaction;
	bool		foreign;		/* a foreign key, else a CHECK */
	List	   *not_null;		/* names of the columns that it says are not null */
} LintPromise;

typedef struct LintTable
{
	char	   *schema;			/* NULL if nothing is known of it */
	char	   *name;
	Oid			oid;			/* InvalidOid if a script makes it */
	char		kind;			/* as relkind */
	bool		gone;			/* the name is free, what had it was dropped or renamed */
	bool		temporary;
	bool		fresh;			/* made by a script, or in this transaction */
	bool		fresh_known;	/* looked up */
	bool		vague;			/* of a fresh one, not all columns and keys are known */
	bool		checked;		/* a script gives it a CHECK constraint */
	bool		replaced;		/* a view that a script defines anew */
	bool		emptied;		/* a script truncates it */
	bool		deleted;		/* a script deletes all its rows */
	bool		measured;
	int64		bytes;
	double		rows;			/* -1 if there is no estimate */
	List	   *columns;		/* LintColumns that were looked at */
	List	   *keys;			/* LintKeys */
	bool		keys_known;
	List	   *promises;		/* LintPromises */
	List	   *dropped;		/* names of constraints that a script drops */
	List	   *policies;		/* of row security, made by a script: names */
	int			rewritten;		/* the last statement that writes it anew, or 0 */
	int			rewritten_in;	/* and its transaction */
} LintTable;

extern LintTable *tables_find(Lint *lint, const RangeVar *name);
extern LintTable *tables_find_names(Lint *lint, const List *names);
extern LintTable *tables_of_oid(Lint *lint, Oid relation);
extern LintTable *tables_old(Lint *lint, const RangeVar *name);
extern bool tables_is_old(LintTable *table);
extern LintTable *tables_make(Lint *lint, const RangeVar *name, char kind);
extern void tables_drop(LintTable *table);
extern void tables_rename(Lint *lint, LintTable *table, const char *schema, const char *name);
extern LintColumn *tables_column(LintTable *table, const char *name);
extern LintColumn *tables_add_column(LintTable *table, const char *name);
extern List *tables_keys(LintTable *table);
extern LintKey *tables_add_key(LintTable *table, const char *name, List *columns);
extern const char *tables_kind(const LintTable *table);
extern char *tables_label(LintTable *table);
extern char *tables_sql(const LintTable *table);
extern char *tables_size(int64 bytes, double rows);
extern void tables_measure(LintTable *table);
extern bool tables_holds_rows(LintTable *table);
extern bool tables_is_large(LintTable *table);
extern LintSeverity tables_severity(LintTable *table);
extern LintSeverity tables_bytes_severity(int64 bytes);
extern LintSeverity tables_lesser(LintSeverity a, LintSeverity b);

#endif							/* NEON_MIGRATE_LINT_TABLES_H */
