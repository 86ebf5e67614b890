/*-------------------------------------------------------------------------
 *
 * options.c
 *	  The command line.
 *
 * Options may come before or after the command.  Each is declared once, in the
 * table below, from which the help is made, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <math.h>

#include "getopt_long.h"
#include "pqexpbuffer.h"

#include "message.h"
#include "options.h"

typedef enum OptionKind
{
	IS_FLAG,
	IS_TEXT,
	IS_SECONDS,
	IS_NUMBER
} OptionKind;

typedef struct OptionRule
{
	const char *name;
	char		letter;
	const char *argument;		/* its name in the help */
	OptionKind	kind;
	size_t		offset;			/* in Options */
	int			takes;			/* TAKES_... of the commands, 0 for all */
	const char *help;
} OptionRule;

#define IN_OPTIONS(member) offsetof(Options, member)

static const OptionRule rules[] = {
	{"dir", 'd', "DIR", IS_TEXT, IN_OPTIONS(dir), TAKES_DIR,
	"folder of the migrations (default: migrations)"},
	{"format", 'f', "NAME", IS_TEXT, IN_OPTIONS(format), TAKES_FORMAT,
	"how they are written, if it is not to be recognised"},
	{"to", 't', "VERSION", IS_TEXT, IN_OPTIONS(to), TAKES_TO, "up to, or down to, this one"},
	{"from", 0, "VERSION", IS_TEXT, IN_OPTIONS(from), TAKES_FROM, "from this one on"},
	{"all", 'a', NULL, IS_FLAG, IN_OPTIONS(all), TAKES_ALL, "all of them"},
	{"atomic", 0, NULL, IS_FLAG, IN_OPTIONS(atomic), TAKES_ATOMIC,
	"all in one transaction"},
	{"dry-run", 'n', NULL, IS_FLAG, IN_OPTIONS(dry_run), TAKES_DRY_RUN,
	"run them in one transaction and roll it back"},
	{"allow-ahead", 0, NULL, IS_FLAG, IN_OPTIONS(allow_ahead), TAKES_ALLOW_AHEAD,
	"the database may be ahead of the files"},
	{"down", 0, NULL, IS_FLAG, IN_OPTIONS(down), TAKES_DOWN, "the way down"},
	{"undo", 0, NULL, IS_FLAG, IN_OPTIONS(undo), TAKES_UNDO,
	"record it as not applied instead"},
	{"exit-code", 0, NULL, IS_FLAG, IN_OPTIONS(exit_code), TAKES_EXIT_CODE,
	"exit with 2 if something is pending"},
	{"limit", 0, "N", IS_NUMBER, IN_OPTIONS(limit), TAKES_LIMIT, "only the last N"},
	{"head", 0, "HASH", IS_TEXT, IN_OPTIONS(head), TAKES_HEAD,
	"hash that the history must contain"},
	{"output", 'o', "FILE", IS_TEXT, IN_OPTIONS(output), TAKES_OUTPUT, "write to this file"},
	{"check", 0, "FILE", IS_TEXT, IN_OPTIONS(check), TAKES_CHECK,
	"compare with this file; exit with 2 if it differs"},
	{"accept", 0, "REASON", IS_TEXT, IN_OPTIONS(accept), TAKES_ACCEPT,
	"take the schema as it is for the expected one"},
	{"desired", 0, "FILE", IS_TEXT, IN_OPTIONS(desired), TAKES_DESIRED,
	"fill it with the way to the schema that this SQL makes; - is standard input"},
	{"schema", 0, "NAME", IS_TEXT, IN_OPTIONS(schema), TAKES_SCHEMA,
	"schema to install the extension into"},
	{"timeout", 0, "SECONDS", IS_SECONDS, IN_OPTIONS(timeout), TAKES_TIMEOUT,
	"give up after this time"},
	{"database-url", 'u', "URL", IS_TEXT, IN_OPTIONS(database_url), 0,
	"the database (default: MIGRATION_DATABASE_URL, else DATABASE_URL)"},
	{"env-file", 'e', "FILE", IS_TEXT, IN_OPTIONS(env_file), 0,
	"file with environment variables (default: .env)"},
	{"connect-timeout", 0, "SECONDS", IS_SECONDS, IN_OPTIONS(connect_timeout), 0,
	"how long to try to connect (default: 15)"},
	{"json", 'j', NULL, IS_FLAG, IN_OPTIONS(json), 0, "result as one JSON object"},
	{"verbose", 'v', NULL, IS_FLAG, IN_OPTIONS(verbose), 0, "tell more"},
};

/* values of getopt_long() for options are their index plus this */
#define FIRST_OPTION 1000
#define OPTION_HELP 900
#define OPTION_VERSION 901

static void
print_rules(int takes, bool common)
{
	for (int i = 0; i < (int) lengthof(rules); i++)
	{
		const OptionRule *rule = &rules[i];
		char		left[64];

		if (common ? rule->takes != 0 : (rule->takes & takes) == 0)
			continue;
		snprintf(left, sizeof(left), "%s%c%s --%s %s",
				 rule->letter ? "-" : "", rule->letter ? rule->letter : ' ',
				 rule->letter ? "," : "  ", rule->name, rule->argument ? rule->argument : "");
		printf("  %-31s %s\n", left, rule->help);
	}
}

static void
print_help(const Command *command)
{
	if (command)
	{
		printf("%s\n\nUsage:\n  neon_migrate %s%s%s [OPTION]...\n\n%s\n",
			   command->summary, command->name, command->arguments[0] ? " " : "",
			   command->arguments, command->help);
		if (command->takes)
			printf("\nOptions:\n");
		print_rules(command->takes, false);
	}
	else
	{
		printf("neon_migrate runs the migrations of a PostgreSQL database.\n\n"
			   "Usage:\n  neon_migrate COMMAND [OPTION]...\n\nCommands:\n");
		for (int i = 0; (command = command_at(i)) != NULL; i++)
			printf("  %-12s %s\n", command->name, command->summary);
	}
	printf("\nOptions of every command:\n");
	print_rules(0, true);
	printf("  %-31s %s\n", "-h, --help", "show this help, or that of the command");
	printf("  %-31s %s\n", "-V, --version", "show the version");
	printf("\nExit codes: 0 done, 1 error, 2 something is pending, has drifted or is dangerous, 3 cannot connect.\n");
	exit(EXIT_DONE);
}

static double
read_seconds(const OptionRule *rule, const char *text)
{
	char	   *end;
	double		value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value) || value < 0)
		message_fail(EXIT_ERROR, psprintf("invalid number of seconds for --%s: \"%s\"", rule->name, text),
					 NULL);
	return value;
}

static int
read_number(const OptionRule *rule, const char *text)
{
	char	   *end;
	long		value = strtol(text, &end, 10);

	if (end == text || *end != '\0' || value < 1 || value > PG_INT32_MAX)
		message_fail(EXIT_ERROR, psprintf("invalid number for --%s: \"%s\"", rule->name, text), NULL);
	return (int) value;
}

/*
 * Stores an option.  Its text in the command line is blanked out if it may
 * hold a password, for everybody can see it there.
 */
static void
store(Options *options, const OptionRule *rule, char *text)
{
	void	   *member = (char *) options + rule->offset;

	switch (rule->kind)
	{
		case IS_FLAG:
			*(bool *) member = true;
			break;
		case IS_TEXT:
			*(char **) member = pg_strdup(text);
			break;
		case IS_SECONDS:
			*(double *) member = read_seconds(rule, text);
			break;
		case IS_NUMBER:
			*(int *) member = read_number(rule, text);
			break;
	}
	if (rule->offset == IN_OPTIONS(database_url))
		memset(text, '*', strlen(text));
}

/*
 * Fills in what getopt_long() wants to know.
 */
static void
declare(struct option *longs, char *shorts)
{
	int			count = 0;

	for (int i = 0; i < (int) lengthof(rules); i++)
	{
		longs[count++] = (struct option) {rules[i].name, rules[i].argument ? required_argument : no_argument,
										  NULL, FIRST_OPTION + i};
		if (rules[i].letter)
			*shorts++ = rules[i].letter;
		if (rules[i].letter && rules[i].argument)
			*shorts++ = ':';
	}
	longs[count++] = (struct option) {"help", no_argument, NULL, OPTION_HELP};
	longs[count++] = (struct option) {"version", no_argument, NULL, OPTION_VERSION};
	memset(&longs[count], 0, sizeof(struct option));
	strcpy(shorts, "hV");
}

static const OptionRule *
rule_of(int code)
{
	if (code >= FIRST_OPTION)
		return &rules[code - FIRST_OPTION];
	for (int i = 0; i < (int) lengthof(rules); i++)
		if (rules[i].letter == code)
			return &rules[i];
	return NULL;
}

/*
 * Reports an option that getopt_long() does not accept.  Nothing is repeated
 * but its name: the rest may hold a password.
 */
static void
fail_option(int code, const char *word)
{
	const char *name = code > 0 && code < FIRST_OPTION && isprint(code) ? psprintf("-%c", code) :
		pnstrdup(word, strcspn(word, "="));

	message_fail(EXIT_ERROR, psprintf("option %s is not known, or its argument is missing or not wanted", name),
				 "See neon_migrate --help.");
}

/*
 * Raises an error if a word says where the database is; it may hold a password,
 * and must not be repeated.
 */
static void
check_word(const char *word)
{
	if (((pg_strncasecmp(word, "postgres", 8) == 0 || pg_strncasecmp(word, "jdbc:", 5) == 0) && strstr(word, "://")) ||
		strstr(word, "password="))
		message_fail(EXIT_ERROR, "a database was named without --database-url",
					 "Use --database-url URL or, better, set DATABASE_URL.");
}

/*
 * Raises an error if the command does not take what was given.
 */
static void
check(const Command *command, const Options *options, const bool *given)
{
	for (int i = 0; i < (int) lengthof(rules); i++)
		if (given[i] && rules[i].takes != 0 && (rules[i].takes & command->takes) == 0)
			message_fail(EXIT_ERROR,
						 psprintf("\"%s\" has no option --%s", command->name, rules[i].name),
						 psprintf("See neon_migrate %s --help.", command->name));
	if (options->argument_count > command->most)
		message_fail(EXIT_ERROR,
					 psprintf("\"%s\" is one argument too many for \"%s\"",
							  options->arguments[command->most], command->name),
					 psprintf("See neon_migrate %s --help.", command->name));
}

/*
 * Reads the command line.  Returns the command; does not return if there is
 * nothing else to do than to show help, or if there is an error.
 */
const Command *
options_read(int argc, char **argv, Options *options)
{
	struct option longs[lengthof(rules) + 3];
	char		shorts[lengthof(rules) * 2 + 4];
	bool		given[lengthof(rules)] = {0};
	bool		help = false;
	const Command *command = NULL;
	int			wrong = 0;
	const char *wrong_word = NULL;
	int			code;

	*options = (Options) {.timeout = -1, .connect_timeout = -1};
	declare(longs, shorts);
	opterr = 0;
	/* before anything can be wrong */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-j") == 0)
			message_set_json(NULL);
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
	{
		const OptionRule *rule = rule_of(code);

		if (rule)
		{
			store(options, rule, optarg);
			given[rule - rules] = true;
		}
		else if (code == 'h' || code == OPTION_HELP)
			help = true;
		else if (code == 'V' || code == OPTION_VERSION)
		{
			puts("neon_migrate " NEON_MIGRATE_VERSION);
			exit(EXIT_DONE);
		}
		else if (wrong_word == NULL)
		{
			wrong = optopt;
			wrong_word = argv[optind - 1];
		}
	}
	if (options->json)
		message_set_json(optind < argc && command_find(argv[optind]) ? argv[optind] : NULL);
	if (wrong_word)
		fail_option(wrong, wrong_word);
	for (int i = optind; i < argc; i++)
		check_word(argv[i]);
	if (optind < argc && strcmp(argv[optind], "help") == 0)
	{
		help = true;
		optind++;
	}
	if (optind < argc)
	{
		command = command_find(argv[optind]);
		if (command == NULL)
			message_fail(EXIT_ERROR, psprintf("there is no command \"%s\"", argv[optind]),
						 "See neon_migrate --help.");
		options->arguments = argv + optind + 1;
		options->argument_count = argc - optind - 1;
	}
	if (help || argc == 1)
		print_help(command);
	if (command == NULL)
		message_fail(EXIT_ERROR, "no command was given", "See neon_migrate --help.");
	if (options->verbose)
		message_set_verbose();
	check(command, options, given);
	if (options->dir == NULL)
		options->dir = "migrations";
	return command;
}
