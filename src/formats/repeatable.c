/*-------------------------------------------------------------------------
 *
 * repeatable.c
 *	  Migrations whose version depends on what is applied: repeatable ones and
 *	  baselines.
 *
 * A repeatable migration is run again whenever its SQL changes.  Each SQL that
 * it had is a version of its own: R__views#1, R__views#2, and so on.  So the
 * ledger says which ones ran, and nothing in it is ever called not applied
 * that is.  The down SQL of a number is the up SQL of the number before it, so
 * that a rollback puts back what was there; that of the first does nothing.
 *
 * Numbers are applied one after the other.  With #a the last applied one, the
 * file's SQL is either that of #a, or it becomes that of #a+1; and whatever is
 * pending beyond that is taken off the list.
 *
 * A baseline stands for all versions up to its own in a database that has
 * none of them.  Where one of them is applied, it is nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "apply.h"
#include "definition.h"
#include "formats/format.h"

/*
 * Is the migration's SQL that of the entry?
 */
static bool
has_sql_of(FormatMigration *found, const LedgerEntry *entry)
{
	Migration	migration = {.version = found->version};
	FormatContext context;
	bool		same;

	migration.up_sql = cstring_to_text(found->up_sql);
	format_context_push(&context, found);
	migration_read(&migration);
	format_context_pop(&context);
	same = apply_same_up_sql(&migration, entry);
	migration_free_scripts(&migration);
	return same;
}

/*
 * Takes a version off the pending list, where it is no longer wanted.
 */
static void
withdraw(const Ledger *ledger, const char *version)
{
	apply_check_finished(ledger, version, ledger_lookup(ledger, version));
	(void) definition_delete(ledger, version);
}

/*
 * Gives a repeatable migration its number.
 */
static void
number_repeatable(const Ledger *ledger, FormatMigration *migration)
{
	const char *name = migration->version;
	LedgerEntry *top = NULL;
	int			known = 0,
				number = 0;

	for (;;)
	{
		char	   *version = psprintf("%s#%d", name, known + 1);
		LedgerEntry *entry = ledger_lookup(ledger, version);

		if (entry == NULL && definition_lookup(ledger, version) == NULL)
			break;
		known++;
		if (ledger_entry_is_applied(entry))
		{
			top = entry;
			number = known;
		}
	}

	if (top == NULL || !has_sql_of(migration, top))
	{
		migration->down_sql = "";
		if (top && !top->nulls[L_UP_SQL])
			migration->down_sql = TextDatumGetCString(top->values[L_UP_SQL]);
		if (top)
			migration->requires = list_make1(psprintf("%s#%d", name, number));
		number++;
	}
	migration->version = psprintf("%s#%d", name, number);
	while (known > number)
		withdraw(ledger, psprintf("%s#%d", name, known--));
}

/*
 * Does the baseline stand for the versions up to its own?  It does if it is
 * applied itself, or if none of those and of the later ones is.
 */
static bool
is_baseline_used(const Ledger *ledger, FormatMigration *baseline, List *migrations)
{
	LedgerEntry *own = ledger_lookup(ledger, baseline->version);
	ListCell   *cell;

	if (ledger_entry_is_applied(own) && !own->nulls[L_UP_SQL] && has_sql_of(baseline, own))
		return true;
	foreach(cell, migrations)
	{
		FormatMigration *migration = lfirst(cell);

		if (migration->kind == FORMAT_VERSIONED &&
			ledger_entry_is_applied(ledger_lookup(ledger, migration->version)))
			return false;
	}
	return true;
}

/*
 * Returns the migrations that are to be registered: with the last baseline in
 * place of what it stands for, or without any.
 */
static List *
settle_baselines(const Ledger *ledger, List *migrations)
{
	List	   *kept = NIL;
	int			last = -1;
	bool		used;

	for (int i = 0; i < list_length(migrations); i++)
		if (((FormatMigration *) list_nth(migrations, i))->kind == FORMAT_BASELINE)
			last = i;
	if (last < 0)
		return migrations;

	used = is_baseline_used(ledger, list_nth(migrations, last), migrations);
	for (int i = 0; i < list_length(migrations); i++)
	{
		FormatMigration *migration = list_nth(migrations, i);
		const char *own = ((FormatMigration *) list_nth(migrations, last))->version;

		if (migration->kind == FORMAT_BASELINE ? used && i == last : !used || i > last)
			kept = lappend(kept, migration);
		else if (used && strcmp(migration->version, own) != 0 &&
				 !ledger_entry_is_applied(ledger_lookup(ledger, migration->version)))
			withdraw(ledger, migration->version);
	}
	return kept;
}

/*
 * Returns the migrations that are to be registered, with their versions, in
 * order.
 */
List *
format_settle(const Ledger *ledger, List *migrations)
{
	ListCell   *cell;

	migrations = settle_baselines(ledger, migrations);
	foreach(cell, migrations)
	{
		FormatMigration *migration = lfirst(cell);

		if (migration->kind == FORMAT_REPEATABLE)
			number_repeatable(ledger, migration);
	}
	return migrations;
}
