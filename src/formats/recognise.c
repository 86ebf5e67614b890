/*-------------------------------------------------------------------------
 *
 * recognise.c
 *	  Which tool are these files written for?
 *
 * Each file says by its name and its directives which formats it can be of;
 * the format of the set is one that all of its files can be of.  Where a file
 * is sure to be of a format, it can be of no other.  Of several that are left,
 * the one that the names are most typical of is taken; they differ in nothing
 * but the versions' names then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "formats/format.h"

/* Where files fit several equally well, the first one is taken. */
static const Format formats[] = {
	{"supabase", "20260101120000_create_users.sql",
	supabase_fit, supabase_read, NULL, false, false},
	{"sqlx", "20260101120000_create_users.sql, or 20260101120000_create_users.up.sql and .down.sql",
	sqlx_fit, sqlx_read, NULL, false, false},
	{"golang-migrate", "000001_create_users.up.sql and 000001_create_users.down.sql",
	golang_migrate_fit, golang_migrate_read, NULL, false, false},
	{"dbmate", "20260101120000_create_users.sql",
	dbmate_fit, dbmate_read, NULL, false, false},
	{"goose", "20260101120000_create_users.sql",
	goose_fit, goose_read, NULL, false, false},
	{"node-pg-migrate", "1767268800000_create-users.sql",
	node_pg_migrate_fit, node_pg_migrate_read, NULL, false, false},
	{"flyway", "V1__create_users.sql, U1__create_users.sql, R__views.sql or B1__baseline.sql",
	flyway_fit, flyway_read, NULL, false, true},
	{"diesel", "2026-01-01-120000_create_users/up.sql and down.sql",
	diesel_fit, diesel_read, NULL, false, false},
	{"prisma", "20260101120000_create_users/migration.sql",
	prisma_fit, prisma_read, NULL, false, false},
	{"graphile-migrate", "000001.sql or 000001-create-users.sql",
	graphile_migrate_fit, graphile_migrate_read, NULL, false, true},
	{"sqitch", "sqitch.plan, and deploy/create_users.sql, revert/create_users.sql and verify/create_users.sql",
	sqitch_fit, sqitch_read, "sqitch.plan", true, true},
	{"drizzle", "meta/_journal.json and 0000_create_users.sql",
	drizzle_fit, drizzle_read, "_journal.json", false, true},
	{"structure", "structure.sql",
	structure_fit, structure_read, NULL, false, true},
};

typedef struct Candidates
{
	int			mask;			/* bit for each format that the file can be of */
	FormatFit	fit[lengthof(formats)];
} Candidates;

/*
 * Returns the names of all formats for a hint.
 */
static char *
all_names(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(formats); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", formats[i].name);
	return names.data;
}

/*
 * Returns the format of this name after checking that the files fit it.
 */
static const Format *
named_format(const FormatFiles *files, const char *name)
{
	const Format *format = NULL;

	for (int i = 0; i < (int) lengthof(formats) && format == NULL; i++)
		if (strcmp(formats[i].name, name) == 0)
			format = &formats[i];
	if (format == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a format of migration files", format_label(name)),
				 errhint("The formats are %s.", all_names())));
	for (int i = 0; i < files->count; i++)
		if (format->fit(&files->file[i]) == FIT_NO)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("file \"%s\" does not fit the format \"%s\"",
							format_label(files->file[i].path), name),
					 errhint("Files of this format are called like %s.", format->names)));
	if (format->index && format_files_index(files, format->index) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no file \"%s\"", format->index),
				 errdetail("In the format \"%s\", that file lists the migrations.", name),
				 errhint("Pass it with the others.")));
	return format;
}

/*
 * Sets the formats that a file can be of.  "possible" are those whose index
 * is there, if they need one.
 */
static void
find_candidates(const FormatFile *file, int possible, Candidates *candidates)
{
	FormatFit	best = FIT_NO;

	candidates->mask = 0;
	for (int i = 0; i < (int) lengthof(formats); i++)
	{
		candidates->fit[i] = possible & (1 << i) ? formats[i].fit(file) : FIT_NO;
		if (candidates->fit[i] == FIT_IF_NAMED)
			candidates->fit[i] = FIT_NO;
		best = Max(best, candidates->fit[i]);
	}
	for (int i = 0; i < (int) lengthof(formats); i++)
		if (candidates->fit[i] != FIT_NO && (best < FIT_SURE || candidates->fit[i] == FIT_SURE))
			candidates->mask |= 1 << i;
	if (candidates->mask == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" fits no known format", format_label(file->path)),
				 errhint("Give it a name such as 20260101120000_create_users.sql, or leave it out. The formats are %s.",
						 all_names())));
}

/*
 * Returns the name of the likeliest format in a mask.
 */
static const char *
first_name(const Candidates *candidates)
{
	int			best = -1;

	for (int i = 0; i < (int) lengthof(formats); i++)
		if (candidates->mask & (1 << i) &&
			(best < 0 || candidates->fit[i] > candidates->fit[best]))
			best = i;
	return formats[best].name;
}

/*
 * Raises 22023 for two files of different formats.
 */
static void
raise_mixture(const FormatFile *a, const Candidates *ca,
			  const FormatFile *b, const Candidates *cb)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the files are of different formats"),
			 errdetail("File \"%s\" is of the format \"%s\", file \"%s\" of the format \"%s\".",
					   format_label(a->path), first_name(ca), format_label(b->path), first_name(cb)),
			 errhint("Register each set of migrations with a call of its own, or name the format in the third argument if it was taken for another.")));
}

/*
 * Returns the format that the files are recognised as.
 */
static const Format *
recognised_format(const FormatFiles *files)
{
	Candidates *candidates;
	int64		score[lengthof(formats)] = {0};
	int			possible = (1 << lengthof(formats)) - 1,
				left,
				best = -1;

	candidates = palloc_extended(sizeof(Candidates) * files->count, MCXT_ALLOC_HUGE);
	for (int i = 0; i < (int) lengthof(formats); i++)
		if (formats[i].index && format_files_index(files, formats[i].index) == NULL)
			possible &= ~(1 << i);
	left = possible;
	for (int i = 0; i < files->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		find_candidates(&files->file[i], possible, &candidates[i]);
		left &= candidates[i].mask;
		for (int j = 0; j < (int) lengthof(formats); j++)
			score[j] += candidates[i].fit[j];
		if (left == 0)
		{
			int			other = 0;

			/* best shown by one that has no format in common with this one */
			for (int j = i - 1; j >= 0; j--)
				if ((candidates[i].mask & candidates[j].mask) == 0)
					other = j;
			raise_mixture(&files->file[other], &candidates[other], &files->file[i], &candidates[i]);
		}
	}
	for (int j = 0; j < (int) lengthof(formats); j++)
		if (left & (1 << j) && (best < 0 || score[j] > score[best]))
			best = j;
	return &formats[best];
}

/*
 * Returns the format of the files: the one called "name" if that is not NULL,
 * else the one they are recognised as.  Raises 22023 if there is none.  Takes
 * those files out that tools of this format do not look for.
 */
const Format *
format_recognise(FormatFiles *files, const char *name)
{
	const Format *format = name ? named_format(files, name) : recognised_format(files);

	if (!format->nested)
		format_files_drop_nested(files);
	return format;
}
