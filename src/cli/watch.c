/*-------------------------------------------------------------------------
 *
 * watch.c
 *	  Follows the migrations while the server runs them.
 *
 * The procedures tell of each migration and each step in a notice.  On a
 * terminal they move the progress line; elsewhere there is a line of output for
 * each migration.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "connection.h"
#include "message.h"
#include "progress.h"
#include "watch.h"

typedef struct Done
{
	char	   *version;
	char	   *file;			/* NULL if it is not known */
	bool		down;
	double		seconds;		/* negative if it is not known */
} Done;

static Done *done = NULL;
static int	count = 0;
static int64 began;

/*
 * Begins to watch.
 */
void
watch_begin(bool down)
{
	began = connection_clock();
	if (!message_json())
		progress_begin(down ? "rolling back" : "applying");
}

/*
 * A migration is done.
 */
void
watch_done(const Origin *origin, const char *version, bool down, double seconds)
{
	const char *path = origin_path(origin, version, down);
	Done	   *this;

	done = pg_realloc(done, (count + 1) * sizeof(Done));
	this = &done[count++];
	this->version = pg_strdup(version);
	this->file = path && origin->folder ? folder_path(origin->folder, path) : NULL;
	this->down = down;
	this->seconds = seconds;
	if (progress_shown())
		return;
	message_out("%s %s%s%s%s%s", down ? "rolled back" : "applied", version, path ? "  " : "", path ? path : "",
				seconds < 0 ? "" : "  ", seconds < 0 ? "" : psprintf("(%.3f s)", seconds));
}

/*
 * Takes in a notice of the server.  Returns whether nobody else needs to see
 * it.
 */
bool
watch_notice(const Origin *origin, const char *message)
{
	static const char *const beginnings[] = {"applied migration \"", "rolled back migration \""};
	const char *quote = strrchr(message, '"');
	int			number;
	int			of;
	double		seconds;

	for (int i = 0; i < (int) lengthof(beginnings); i++)
	{
		size_t		length = strlen(beginnings[i]);

		if (strncmp(message, beginnings[i], length) == 0 && quote >= message + length &&
			sscanf(quote, "\" (%d of %d) in %lf s", &number, &of, &seconds) == 3)
		{
			char	   *version = pnstrdup(message + length, quote - message - length);

			progress_done(version, number, of);
			watch_done(origin, version, i == 1, seconds);
			free(version);
			return true;
		}
	}
	if (strncmp(message, "migration \"", 11) == 0 && quote &&
		sscanf(quote, "\", step %d of %d: ", &number, &of) == 2 && progress_shown())
	{
		progress_step(message);
		return true;
	}
	/* the command says so itself */
	return strncmp(message, "there is no migration to ", 25) == 0;
}

int
watch_count(void)
{
	return count;
}

/*
 * Returns the seconds since watch_begin().
 */
double
watch_elapsed(void)
{
	return (connection_clock() - began) / 1000.0;
}

/*
 * Appends what was done, as an array.
 */
void
watch_json(Json *json, const char *key)
{
	json_open(json, key, '[');
	for (int i = 0; i < count; i++)
	{
		json_open(json, NULL, '{');
		json_text(json, "version", done[i].version);
		json_text(json, "file", done[i].file);
		json_text(json, "direction", done[i].down ? "down" : "up");
		if (done[i].seconds < 0)
			json_text(json, "duration_ms", NULL);
		else
			json_int(json, "duration_ms", (int64) (done[i].seconds * 1000));
		json_close(json, '}');
	}
	json_close(json, ']');
}
