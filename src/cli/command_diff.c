/*-------------------------------------------------------------------------
 *
 * command_diff.c
 *	  diff: prints the SQL that makes the schema into a desired one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "commands.h"
#include "generated.h"
#include "message.h"

/*
 * neon_migrate diff
 */
void
command_diff(const Options *options)
{
	Generated	generated;
	bool		differs;
	Json		json;

	generated_ask(&generated, options, options->argument_count > 0 ? options->arguments[0] : "-");
	differs = generated.up_sql[0] != '\0';
	if (message_json())
	{
		json_begin(&json);
		json_bool(&json, "ok", !differs);
		json_text(&json, "command", "diff");
		generated_json(&generated, &json);
		json_end(&json);
	}
	else
	{
		generated_warn(&generated);
		if (differs)
			fputs(options->down ? generated.down_sql : generated.up_sql, stdout);
		else
			message_note("the schema is as desired");
	}
	if (differs)
		exit(EXIT_PENDING);
}
