/*
 * format.h
 *	  Migration files as other tools write them.
 */
#ifndef NEON_MIGRATE_FORMAT_H
#define NEON_MIGRATE_FORMAT_H

#include "nodes/pg_list.h"

#include "ledger.h"

/*
 * A file as the caller handed it over.
 */
typedef struct FormatFile
{
	const char *given;			/* its path as the caller has it */
	const char *path;			/* with '/' between its parts, no "./" */
	const char *base;			/* its last part */
	const char *folder;			/* the part before that, or "" */
	const char *text;			/* the content, without byte order mark */
} FormatFile;

/*
 * All files of a call, by path.
 */
typedef struct FormatFiles
{
	FormatFile *file;
	int			count;
} FormatFiles;

typedef enum FormatKind
{
	FORMAT_VERSIONED,
	FORMAT_REPEATABLE,			/* to be run again whenever its SQL changes */
	FORMAT_BASELINE				/* stands for all up to its version in an empty database */
} FormatKind;

/*
 * A migration as a format's reader found it.  What is not there is NULL.
 */
typedef struct FormatMigration
{
	FormatKind	kind;
	char	   *version;
	char	   *description;
	char	   *up_sql;			/* lines and columns are those of up_file */
	char	   *down_sql;		/* and of down_file */
	const FormatFile *up_file;
	const FormatFile *down_file;
	const char *missing;		/* path of the up file if it was not handed over */
	const char *mark;			/* says that it needs to run outside of a transaction */
	List	   *requires;		/* versions, char * */
	List	   *conflicts;		/* versions, char * */
	bool		applied;		/* set by format_order() */
	List	   *depends_on;		/* versions, char *; set by format_order() */
} FormatMigration;

/*
 * How well a file fits a format.
 */
typedef enum FormatFit
{
	FIT_NO,
	FIT_IF_NAMED,				/* possible, but nobody would guess it */
	FIT_NAME,					/* by its name, as it may others */
	FIT_LIKELY,					/* its name is typical */
	FIT_SURE					/* it can be no other */
} FormatFit;

typedef struct Format
{
	const char *name;
	const char *names;			/* what its files are called, for hints */
	FormatFit	(*fit) (const FormatFile *file);

	/* returns the FormatMigrations in the order of the format */
	List	   *(*read) (const FormatFiles *files);
	const char *index;			/* file that lists the others, or NULL */
	bool		chained;		/* each migration depends on the one before */
	bool		nested;			/* also takes files from folders below others */
} Format;

/*
 * Makes errors name the files of a migration.
 */
typedef struct FormatContext
{
	ErrorContextCallback callback;
} FormatContext;

/* in recognise.c */
extern const Format *format_recognise(FormatFiles *files, const char *name);

/* in files.c */
extern void format_files_make(FormatFiles *files, Datum *paths, Datum *contents, int count);
extern const FormatFile *format_files_find(const FormatFiles *files, const char *path);
extern void format_files_drop_nested(FormatFiles *files);
extern const FormatFile *format_files_index(const FormatFiles *files, const char *base);
extern const char *format_label(const char *path);
extern const char *format_excerpt(const FormatFile *file, int start, int end);
extern int	format_errplace(const FormatFile *file, int offset);
extern void format_context_push(FormatContext *context, FormatMigration *migration);
extern void format_context_pop(FormatContext *context);

/* in name.c */
extern bool format_has_suffix(const char *name, const char *suffix);
extern int	format_digits(const char *name);
extern char *format_number(const char *digits, int length);
extern char *format_description(const char *words, int length);
extern int	format_compare_numbers(const char *a, const char *b);
extern char *format_beside(const FormatFile *file, const char *name);
extern char *format_trimmed(const char *text, int length);
extern FormatMigration *format_migration(const FormatFile *file, char *version, char *description);
extern bool format_ini_value(const FormatFile *file, const char *key, char **value, int *offset);

/* in order.c */
extern void format_check_versions(const List *migrations);
extern void format_order(const Ledger *ledger, const Format *format, List *migrations);

/* in repeatable.c */
extern List *format_settle(const Ledger *ledger, List *migrations);

/* the formats, each in the file of its name, or in pairs.c, plain.c, folders.c */
extern FormatFit dbmate_fit(const FormatFile *file);
extern List *dbmate_read(const FormatFiles *files);
extern FormatFit diesel_fit(const FormatFile *file);
extern List *diesel_read(const FormatFiles *files);
extern FormatFit drizzle_fit(const FormatFile *file);
extern List *drizzle_read(const FormatFiles *files);
extern FormatFit flyway_fit(const FormatFile *file);
extern List *flyway_read(const FormatFiles *files);
extern FormatFit golang_migrate_fit(const FormatFile *file);
extern List *golang_migrate_read(const FormatFiles *files);
extern FormatFit goose_fit(const FormatFile *file);
extern List *goose_read(const FormatFiles *files);
extern FormatFit graphile_migrate_fit(const FormatFile *file);
extern List *graphile_migrate_read(const FormatFiles *files);
extern FormatFit node_pg_migrate_fit(const FormatFile *file);
extern List *node_pg_migrate_read(const FormatFiles *files);
extern FormatFit prisma_fit(const FormatFile *file);
extern List *prisma_read(const FormatFiles *files);
extern FormatFit sqitch_fit(const FormatFile *file);
extern List *sqitch_read(const FormatFiles *files);
extern FormatFit sqlx_fit(const FormatFile *file);
extern List *sqlx_read(const FormatFiles *files);
extern FormatFit structure_fit(const FormatFile *file);
extern List *structure_read(const FormatFiles *files);
extern FormatFit supabase_fit(const FormatFile *file);
extern List *supabase_read(const FormatFiles *files);

#endif							/* NEON_MIGRATE_FORMAT_H */
