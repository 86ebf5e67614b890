/*-------------------------------------------------------------------------
 *
 * sqitch_plan.c
 *	  Reads sqitch.plan.
 *
 *		%syntax-version=1.0.0
 *		%project=shop
 *
 *		users 2026-01-01T12:00:00Z Ann <ann@example.org> # creates users
 *		orders [users !legacy] 2026-01-02T12:00:00Z Ann <ann@example.org>
 *		@v1.0 2026-01-03T12:00:00Z Ann <ann@example.org> # first release
 *		users [users@v1.0] 2026-01-04T12:00:00Z Ann <ann@example.org>
 *
 * A change that comes again is a rework: the scripts under its name are the
 * new ones, and those of the one before are called after a tag that came
 * between, here users@v1.0.  The first one keeps its name as its version,
 * since that is what it may have been applied as; the next one is users#2.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "formats/sqitch.h"

/*
 * What is known while the plan is read.
 */
typedef struct PlanReading
{
	const FormatFile *file;
	const char *line;			/* the current one */
	const char *end;
	const char *at;				/* up to where it has been read */
	char	   *project;
	List	   *changes;
} PlanReading;

static void
raise_invalid(const PlanReading *reading, const char *at, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the plan is invalid: %s", problem),
			 errhint("A line of the plan is like: users [requires] 2026-01-01T12:00:00Z Ann <ann@example.org> # note"),
			 format_errplace(reading->file, at - reading->file->text)));
}

/*
 * Returns the next word of the line, or NULL at its end or at a note.
 */
static char *
next_word(PlanReading *reading, const char *stop)
{
	const char *start;

	while (reading->at < reading->end && strchr(" \t", *reading->at))
		reading->at++;
	start = reading->at;
	while (reading->at < reading->end && !strchr(stop, *reading->at))
		reading->at++;
	return reading->at > start ? pnstrdup(start, reading->at - start) : NULL;
}

/*
 * Returns the change that was tagged so, or NULL.
 */
static SqitchChange *
find_tagged(const PlanReading *reading, const char *tag)
{
	ListCell   *cell,
			   *tag_cell;

	foreach(cell, reading->changes)
	{
		SqitchChange *change = lfirst(cell);

		foreach(tag_cell, change->tags)
			if (strcmp(lfirst(tag_cell), tag) == 0)
				return change;
	}
	return NULL;
}

/*
 * Returns the last change of this name, up to "last" if that is not NULL; or
 * NULL if there is none.
 */
static SqitchChange *
find_change(const PlanReading *reading, const char *name, const SqitchChange *last)
{
	SqitchChange *found = NULL;
	ListCell   *cell;

	foreach(cell, reading->changes)
	{
		SqitchChange *change = lfirst(cell);

		if (strcmp(change->name, name) == 0)
			found = change;
		if (change == last)
			break;
	}
	return found;
}

/*
 * Returns the change that a dependency names: change, change@tag or @tag, with
 * or without "project:" before it.
 */
static SqitchChange *
resolve(const PlanReading *reading, char *name, const char *place)
{
	char	   *colon = strchr(name, ':');
	char	   *tag;
	SqitchChange *change,
			   *tagged = NULL;

	if (colon)
	{
		*colon = '\0';
		if (reading->project == NULL || strcmp(name, reading->project) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("dependencies on other projects are not possible"),
					 errdetail("\"%s\" is a change of the project \"%s\".", colon + 1, name),
					 errhint("Register that project first, and take the dependency out."),
					 format_errplace(reading->file, place - reading->file->text)));
		name = colon + 1;
	}
	tag = strchr(name, '@');
	if (tag)
	{
		*tag++ = '\0';
		tagged = find_tagged(reading, tag);
		if (tagged == NULL)
			raise_invalid(reading, place, psprintf("there is no tag \"%s\" before this line", tag));
	}
	change = *name ? find_change(reading, name, tagged) : tagged;
	return change;
}

/*
 * Reads the dependencies of a change, if it has any.
 */
static void
read_dependencies(PlanReading *reading, SqitchChange *change)
{
	char	   *word;

	reading->at += strspn(reading->at, " \t");
	if (*reading->at != '[')
		return;
	reading->at++;
	while ((word = next_word(reading, " \t]")) != NULL)
	{
		const char *place = reading->at - strlen(word);
		bool		conflict = *word == '!';
		const char *colon = strchr(word, ':');
		SqitchChange *other;

		/* another project's change can be known by its name only */
		if (conflict && colon &&
			(reading->project == NULL ||
			 strcmp(pnstrdup(word + 1, colon - word - 1), reading->project) != 0))
		{
			change->conflicts = lappend(change->conflicts, pstrdup(colon + 1));
			continue;
		}
		other = resolve(reading, pstrdup(word + conflict), place);
		if (other && conflict)
			raise_invalid(reading, place,
						  psprintf("\"%s\" conflicts with \"%s\", which comes before it",
								   change->name, word + 1));
		if (!other && !conflict)
			raise_invalid(reading, place,
						  psprintf("there is no change \"%s\" before this line", word));
		if (conflict)
			change->conflicts = lappend(change->conflicts, pstrdup(word + 1));
		else
			change->requires = lappend(change->requires, other->version);
	}
	if (reading->at >= reading->end || *reading->at != ']')
		raise_invalid(reading, reading->line, "\"[\" without \"]\"");
	reading->at++;
}

/*
 * Reads when and by whom, and the note.  Returns the note, or NULL.
 */
static char *
read_planner(PlanReading *reading)
{
	static const char pattern[] = "0000-00-00T00:00:00Z";
	char	   *word = next_word(reading, " \t#");
	const char *note;
	const char *rest;
	int			length;

	if (word == NULL || strlen(word) != strlen(pattern))
		raise_invalid(reading, reading->line, "a time such as 2026-01-01T12:00:00Z is missing");
	for (int i = 0; word[i]; i++)
		if (pattern[i] == '0' ? word[i] < '0' || word[i] > '9' : word[i] != pattern[i])
			raise_invalid(reading, reading->at - strlen(word), psprintf("\"%s\" is not a time", word));

	rest = reading->at;
	note = memchr(rest, '#', reading->end - rest);
	length = (note ? note : reading->end) - rest;
	if (memchr(rest, '<', length) == NULL || memchr(rest, '>', length) == NULL)
		raise_invalid(reading, rest, "the planner is missing, as in Ann <ann@example.org>");
	if (note == NULL)
		return NULL;
	note = format_trimmed(note + 1, reading->end - note - 1);
	return *note ? unconstify(char *, note) : NULL;
}

static void
read_tag(PlanReading *reading)
{
	SqitchChange *last;
	char	   *tag;

	reading->at++;
	tag = next_word(reading, " \t#");
	if (tag == NULL || reading->changes == NIL)
		raise_invalid(reading, reading->line, tag ? "a tag comes before the first change" :
					  "a tag has no name");
	if (find_tagged(reading, tag))
		raise_invalid(reading, reading->line, psprintf("the tag \"%s\" is there twice", tag));
	(void) read_planner(reading);
	last = llast(reading->changes);
	last->tags = lappend(last->tags, tag);
}

/*
 * Makes a change the rework of the last one of the same name, whose scripts
 * are called after one of the tags since: the newest one that there is a file
 * for.
 */
static void
rework(PlanReading *reading, SqitchChange *change, SqitchChange *before)
{
	before->files = NIL;
	for (int i = list_length(reading->changes) - 1; i >= 0; i--)
	{
		SqitchChange *other = list_nth(reading->changes, i);
		ListCell   *cell;

		foreach(cell, other->tags)
			before->files = lappend(before->files,
									psprintf("%s@%s", before->name, (char *) lfirst(cell)));
		if (other == before)
			break;
	}
	if (before->files == NIL)
		raise_invalid(reading, reading->line,
					  psprintf("the change \"%s\" is there twice, without a tag between", change->name));
	change->number = before->number + 1;
	change->version = psprintf("%s#%d", change->name, change->number);
}

static void
read_change(PlanReading *reading)
{
	SqitchChange *change = palloc0(sizeof(SqitchChange));
	SqitchChange *before;

	change->name = next_word(reading, " \t#[");
	if (change->name == NULL || strpbrk(change->name, "@:\\") || strchr("+-!%", change->name[0]))
		raise_invalid(reading, reading->line, "a change has no name, or one that is not possible");
	change->version = change->name;
	change->files = list_make1(change->name);
	change->number = 1;
	read_dependencies(reading, change);
	change->note = read_planner(reading);
	before = find_change(reading, change->name, NULL);
	if (before)
		rework(reading, change, before);
	reading->changes = lappend(reading->changes, change);
}

/*
 * Reads a pragma: %name=value.
 */
static void
read_pragma(PlanReading *reading)
{
	const char *equals = memchr(reading->at, '=', reading->end - reading->at);
	char	   *name,
			   *value;

	if (equals == NULL)
		return;
	name = format_trimmed(reading->at + 1, equals - reading->at - 1);
	value = format_trimmed(equals + 1, reading->end - equals - 1);
	if (strcmp(name, "project") == 0)
		reading->project = value;
	else if (strcmp(name, "syntax-version") == 0 && strncmp(value, "1.", 2) != 0)
		raise_invalid(reading, reading->line, psprintf("its syntax version is \"%s\", not 1.0", value));
}

/*
 * Returns the changes of a plan, as SqitchChange *, in order.  Raises 22023 for
 * what is not one.
 */
List *
sqitch_plan_read(const FormatFile *file)
{
	PlanReading reading = {.file = file};

	for (const char *line = file->text; *line; line = reading.end + strspn(reading.end, "\r\n"))
	{
		reading.line = line + strspn(line, " \t");
		reading.end = line + strcspn(line, "\r\n");
		reading.at = reading.line;
		if (reading.line >= reading.end || *reading.line == '#')
			continue;
		if (*reading.line == '%')
			read_pragma(&reading);
		else if (*reading.line == '@')
			read_tag(&reading);
		else
			read_change(&reading);
	}
	if (reading.project == NULL)
		raise_invalid(&reading, file->text, "it has no \"%project\"");
	return reading.changes;
}
