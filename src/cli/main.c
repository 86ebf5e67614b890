/*-------------------------------------------------------------------------
 *
 * main.c
 *	  neon_migrate, the command-line client.
 *
 * The server does the work; the client reads files, sends them, and shows what
 * comes back.  See server.c for how it talks to the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "fe_utils/cancel.h"

#include "message.h"
#include "options.h"
#include "progress.h"

/*
 * Called for each Ctrl-C, before the server is asked to cancel.  Who presses
 * it three times does not want to wait for the server.
 */
static void
count_cancels(void)
{
	static volatile sig_atomic_t cancels = 0;

	if (++cancels >= 3)
		_exit(EXIT_ERROR);
	/* the request is told of on standard error */
	progress_clear_in_handler();
}

/*
 * Lets the signals by which a pipeline or a container ends us do what Ctrl-C
 * does: the server would otherwise go on, with nobody to tell.
 */
static void
handle_signals(void)
{
	struct sigaction action;

	setup_cancel_handler(count_cancels);
	if (sigaction(SIGINT, NULL, &action) == 0)
	{
		(void) sigaction(SIGTERM, &action, NULL);
		(void) sigaction(SIGHUP, &action, NULL);
	}
	pqsignal(SIGPIPE, SIG_IGN);
}

/*
 * Opens what of the standard streams is closed.  The connection would get its
 * number otherwise, and what is meant for the stream be sent to the server.
 */
static void
open_standard_streams(void)
{
	for (int descriptor = 0; descriptor <= 2; descriptor++)
		if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) != descriptor)
			_exit(EXIT_ERROR);
}

int
main(int argc, char **argv)
{
	Options		options;
	const Command *command;

	open_standard_streams();
	/* characters, but neither messages nor numbers, as the user has them */
	setlocale(LC_CTYPE, "");
	message_init();
	command = options_read(argc, argv, &options);
	handle_signals();
	command->run(&options);
	if (fflush(stdout) != 0 || ferror(stdout))
		message_fail(EXIT_ERROR, "could not write to the standard output", NULL);
	return EXIT_DONE;
}
