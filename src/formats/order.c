/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Keeps the order in which a format applies its migrations.
 *
 * The pending list is applied in natural order of the versions, dependencies
 * first.  Most formats have that order anyway.  Where a format has another, a
 * migration that natural order would put before one that it comes after
 * depends on the pending one right before it.  That is enough: at any time the
 * next in the format's order waits for nothing, and all others that wait for
 * nothing are greater than it.
 *
 * The same dependency tells migrate_up() that a version is not late when it is
 * only called less than one that is applied.  One that really is late, because
 * a later one of the same set is applied, gets none, so that
 * neon_migrate.out_of_order decides.
 *
 * An applied migration gets no dependency: its place is history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "formats/format.h"
#include "version.h"

static int
compare_versions(const ListCell *a, const ListCell *b)
{
	return strcmp(((FormatMigration *) lfirst(a))->version,
				  ((FormatMigration *) lfirst(b))->version);
}

/*
 * Raises 22023 if two migrations have the same version, or one has none that
 * can be a version.
 */
void
format_check_versions(const List *migrations)
{
	List	   *sorted = list_copy(migrations);
	FormatMigration *previous = NULL;
	ListCell   *cell;

	list_sort(sorted, compare_versions);
	foreach(cell, sorted)
	{
		FormatMigration *migration = lfirst(cell);
		FormatContext context;

		format_context_push(&context, migration);
		version_check(migration->version);
		format_context_pop(&context);
		if (previous && strcmp(previous->version, migration->version) == 0 &&
			previous->kind == migration->kind)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("two files have the version \"%s\"", migration->version),
					 errdetail("They are \"%s\" and \"%s\".",
							   format_label(previous->up_file->path),
							   format_label(migration->up_file->path)),
					 errhint("Give one of them another version.")));
		previous = migration;
	}
}

static const char *
greater(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a ? a : b;
	return version_compare(a, b) > 0 ? a : b;
}

/*
 * Sets which migrations are applied.  Returns the number of those up to the
 * last applied one that is not repeatable, and in "repeatable" the greatest
 * applied one that is.
 */
static int
look_up_applied(const Ledger *ledger, List *migrations, const char **repeatable)
{
	int			upto = 0;

	*repeatable = NULL;
	for (int i = 0; i < list_length(migrations); i++)
	{
		FormatMigration *migration = list_nth(migrations, i);

		CHECK_FOR_INTERRUPTS();
		migration->applied = ledger_entry_is_applied(ledger_lookup(ledger, migration->version));
		if (migration->applied && migration->kind == FORMAT_REPEATABLE)
			*repeatable = greater(*repeatable, migration->version);
		else if (migration->applied)
			upto = i + 1;
	}
	return upto;
}

/*
 * Sets the dependencies of the migrations, which are in the format's order.
 */
void
format_order(const Ledger *ledger, const Format *format, List *migrations)
{
	const char *repeatable;
	int			upto = look_up_applied(ledger, migrations, &repeatable);
	const char *last = NULL,	/* the one before */
			   *last_pending = NULL,	/* the last one that is not applied */
			   *most_pending = NULL,	/* the greatest of those */
			   *most_applied = NULL;	/* and of those that are */

	for (int i = 0; i < list_length(migrations); i++)
	{
		FormatMigration *migration = list_nth(migrations, i);
		const char *version = migration->version;
		const char *after = NULL;

		if (migration->applied)
		{
			most_applied = greater(most_applied, version);
			last = version;
			continue;
		}
		if (format->chained)
			after = last;
		else if (most_pending && version_compare(version, most_pending) < 0)
			after = last_pending;
		else if (i >= upto || migration->kind == FORMAT_REPEATABLE)
		{
			const char *most = greater(most_applied, repeatable);

			if (most && version_compare(version, most) < 0)
				after = last ? last : most;
		}
		migration->depends_on = list_copy(migration->requires);
		if (after)
		{
			ListCell   *cell;
			bool		there = false;

			foreach(cell, migration->depends_on)
				there = there || strcmp(lfirst(cell), after) == 0;
			if (!there)
				migration->depends_on = lappend(migration->depends_on, unconstify(char *, after));
		}
		most_pending = greater(most_pending, version);
		last = last_pending = version;
	}
}
