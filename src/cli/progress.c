/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  Shows on a terminal how far the migrations have come.
 *
 * One line at the bottom of standard error, redrawn in place.  Whoever writes
 * anything else calls progress_clear() first; the line comes back with the
 * next tick.  Where standard error is no terminal, nothing is shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "pqexpbuffer.h"

#include "progress.h"

#define BAR_WIDTH 24
#define REDRAW_MS 50

static bool shown = false;
static volatile sig_atomic_t drawn = false;
static const char *verb;
static char *label = NULL;
static int	done;
static int	total;
static int64 began;
static int64 last_drawn;

static int64
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Starts showing; "what" is for example "applying".
 */
void
progress_begin(const char *what)
{
	const char *terminal = getenv("TERM");

	verb = what;
	done = total = 0;
	began = now_ms();
	last_drawn = 0;
	shown = isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
	progress_tick();
}

bool
progress_shown(void)
{
	return shown;
}

static void
set_label(const char *text)
{
	free(label);
	label = pg_strdup(text);
}

/*
 * A migration is done: the one with this number, of so many.
 */
void
progress_done(const char *version, int number, int of)
{
	done = number;
	total = of;
	set_label(version);
	progress_tick();
}

/*
 * Something is being done that takes long.
 */
void
progress_step(const char *what)
{
	set_label(what);
	progress_tick();
}

static int
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/*
 * Draws the line, if it is time to.
 */
void
progress_tick(void)
{
	PQExpBufferData line;
	int64		now = now_ms();
	int			filled = total > 0 ? (int) ((int64) BAR_WIDTH * done / total) : 0;
	int			width;

	if (!shown || (drawn && now - last_drawn < REDRAW_MS && done < total))
		return;
	initPQExpBuffer(&line);
	appendPQExpBuffer(&line, "%s [", verb);
	for (int i = 0; i < BAR_WIDTH; i++)
		appendPQExpBufferChar(&line, i < filled ? '#' : ' ');
	appendPQExpBuffer(&line, "] ");
	if (total > 0)
		appendPQExpBuffer(&line, "%d/%d ", done, total);
	appendPQExpBuffer(&line, "%.1f s", (now - began) / 1000.0);
	if (label)
		appendPQExpBuffer(&line, "  %s", label);
	/* cut off by characters: a line that wraps could not be redrawn */
	width = terminal_width() - 1;
	for (char *c = line.data; *c; c++)
		if ((*c & 0xC0) != 0x80 && width-- <= 0)
		{
			*c = '\0';
			break;
		}
	fprintf(stderr, "\r\033[K%s", line.data);
	fflush(stderr);
	termPQExpBuffer(&line);
	drawn = true;
	last_drawn = now;
}

/*
 * Takes the line away for now.
 */
void
progress_clear(void)
{
	if (!drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	drawn = false;
}

/*
 * The same in a signal handler.
 */
void
progress_clear_in_handler(void)
{
	static const char erase[] = "\r\033[K";

	if (drawn && write(STDERR_FILENO, erase, sizeof(erase) - 1) > 0)
		drawn = false;
}

void
progress_end(void)
{
	progress_clear();
	shown = false;
}
