/*
 * message.h
 *	  What the client tells a person, and how it ends.
 */
#ifndef NEON_MIGRATE_MESSAGE_H
#define NEON_MIGRATE_MESSAGE_H

/*
 * Exit codes, which scripts rely on.
 */
typedef enum ExitCode
{
	EXIT_DONE = 0,
	EXIT_ERROR = 1,
	EXIT_PENDING = 2,			/* something is pending, has drifted, or is dangerous */
	EXIT_NO_CONNECTION = 3
} ExitCode;

/*
 * An error as it is reported.  What is not known is NULL or 0.
 */
typedef struct Problem
{
	ExitCode	exit_code;
	const char *message;
	const char *detail;
	const char *hint;
	const char *context;
	const char *sqlstate;
	const char *version;		/* migration that failed */
	const char *file;			/* file that its SQL is from */
	int			statement;		/* counted from 1, as are lines and columns */
	int			line;
	int			column;
	const char *source;			/* text of the line */
} Problem;

extern void message_init(void);
extern void message_set_json(const char *command);
extern bool message_json(void);
extern void message_set_verbose(void);
extern void message_set_secret(const char *secret);
extern const char *message_bold(FILE *stream);
extern const char *message_plain(FILE *stream);
extern void message_note(const char *format,...) __attribute__((format(printf, 1, 2)));
extern void message_verbose(const char *format,...) __attribute__((format(printf, 1, 2)));
extern void message_warning(const char *format,...) __attribute__((format(printf, 1, 2)));
extern void message_out(const char *format,...) __attribute__((format(printf, 1, 2)));
extern void message_fail(ExitCode code, const char *message, const char *hint) __attribute__((noreturn));
extern void message_fail_problem(const Problem *problem) __attribute__((noreturn));

#endif							/* NEON_MIGRATE_MESSAGE_H */
