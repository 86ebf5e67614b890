/*
 * options.h
 *	  The command line.
 */
#ifndef NEON_MIGRATE_OPTIONS_H
#define NEON_MIGRATE_OPTIONS_H

/*
 * What was given on the command line; NULL, 0 or false if it was not.
 */
typedef struct Options
{
	/* for every command */
	char	   *database_url;
	char	   *env_file;
	double		connect_timeout;	/* seconds, for all attempts together */
	bool		json;
	bool		verbose;

	/* for some commands; see the table in commands.c */
	char	   *dir;
	char	   *format;
	char	   *from;
	char	   *to;
	char	   *schema;
	char	   *head;
	char	   *output;
	char	   *check;
	char	   *accept;
	char	   *desired;
	double		timeout;		/* seconds; negative if not given */
	int			limit;
	bool		all;
	bool		allow_ahead;
	bool		atomic;
	bool		down;
	bool		dry_run;
	bool		exit_code;
	bool		undo;

	char	  **arguments;		/* what is no option, after the command */
	int			argument_count;
} Options;

/*
 * Options that only some commands take, as bits.
 */
#define TAKES_DIR			(1 << 0)
#define TAKES_FORMAT		(1 << 1)
#define TAKES_FROM			(1 << 2)
#define TAKES_TO			(1 << 3)
#define TAKES_SCHEMA		(1 << 4)
#define TAKES_HEAD			(1 << 5)
#define TAKES_TIMEOUT		(1 << 6)
#define TAKES_LIMIT			(1 << 7)
#define TAKES_ALL			(1 << 8)
#define TAKES_ALLOW_AHEAD	(1 << 9)
#define TAKES_ATOMIC		(1 << 10)
#define TAKES_DOWN			(1 << 11)
#define TAKES_DRY_RUN		(1 << 12)
#define TAKES_EXIT_CODE		(1 << 13)
#define TAKES_UNDO			(1 << 14)
#define TAKES_OUTPUT		(1 << 15)
#define TAKES_CHECK			(1 << 16)
#define TAKES_ACCEPT		(1 << 17)
#define TAKES_DESIRED		(1 << 18)
#define TAKES_FOLDER		(TAKES_DIR | TAKES_FORMAT | TAKES_ALLOW_AHEAD)

/*
 * A command of the client.
 */
typedef struct Command
{
	const char *name;
	const char *arguments;		/* as in the usage line, or "" */
	const char *summary;
	int			most;			/* number of arguments it takes at most */
	int			takes;			/* TAKES_..., besides those of every command */
	const char *help;			/* what there is to know, and examples */
	void		(*run) (const Options *options);
} Command;

extern const Command *options_read(int argc, char **argv, Options *options);

/* in commands.c */
extern const Command *command_find(const char *name);
extern const Command *command_at(int number);

#endif							/* NEON_MIGRATE_OPTIONS_H */
