/*-------------------------------------------------------------------------
 *
 * command_snapshot.c
 *	  snapshot: writes the schema as text, for version control.
 *
 * A block begins with a line "kind identity"; the lines of the definition
 * follow, each with a tab before it.  Lines of blanks are empty in the text, so
 * that no editor has anything to tidy up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "commands.h"
#include "json.h"
#include "message.h"
#include "server.h"
#include "text_file.h"

/*
 * A block of a text.
 */
typedef struct Block
{
	char	   *head;
	char	   *body;
} Block;

typedef struct Blocks
{
	Block	   *block;			/* sorted by head */
	int			count;
} Blocks;

static void
append_block(PQExpBuffer text, const PGresult *result, int row)
{
	const char *line = PQgetvalue(result, row, 2);

	appendPQExpBuffer(text, "%s%s %s\n", text->len > 0 ? "\n" : "", PQgetvalue(result, row, 0),
					  PQgetvalue(result, row, 1));
	while (*line)
	{
		int			length = (int) strcspn(line, "\n");
		int			shown = length;

		while (shown > 0 && isspace((unsigned char) line[shown - 1]))
			shown--;
		appendPQExpBuffer(text, "%s%.*s\n", shown > 0 ? "\t" : "", shown, line);
		line += length + (line[length] != '\0');
	}
}

static int
compare_blocks(const void *a, const void *b)
{
	return strcmp(((const Block *) a)->head, ((const Block *) b)->head);
}

/*
 * Takes a text apart, which is changed.
 */
static Blocks
read_blocks(char *text)
{
	Blocks		blocks = {0};
	char	   *end;

	for (char *line = text; *line; line = end)
	{
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		if (line[0] != '\0' && line[0] != '\t')
		{
			if (line > text)
				line[-1] = '\0';
			blocks.block = pg_realloc(blocks.block, (blocks.count + 1) * sizeof(Block));
			blocks.block[blocks.count++] = (Block) {line, end};
		}
		else if (blocks.count > 0 && line != blocks.block[blocks.count - 1].body)
			line[-1] = '\n';
	}
	/* the blank line after a body is none of it */
	for (int i = 0; i < blocks.count; i++)
		for (size_t length = strlen(blocks.block[i].body);
			 length > 0 && blocks.block[i].body[length - 1] == '\n'; length--)
			blocks.block[i].body[length - 1] = '\0';
	if (blocks.count > 0)
		qsort(blocks.block, blocks.count, sizeof(Block), compare_blocks);
	return blocks;
}

static void
write_file(const char *path, const char *text)
{
	FILE	   *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		message_fail(EXIT_ERROR, psprintf("could not write file \"%s\": %s", path, strerror(errno)), NULL);
}

/*
 * Shows the blocks that differ.  Returns how many there are.
 */
static int
compare(Json *json, const Blocks *file, const Blocks *database)
{
	int			differences = 0;

	for (int f = 0, d = 0; f < file->count || d < database->count;)
	{
		int			order = f == file->count ? 1 : d == database->count ? -1 :
			strcmp(file->block[f].head, database->block[d].head);
		const char *head = order <= 0 ? file->block[f].head : database->block[d].head;
		const char *change = order < 0 ? "missing" : order > 0 ? "unexpected" :
			strcmp(file->block[f].body, database->block[d].body) != 0 ? "changed" : NULL;

		f += order <= 0;
		d += order >= 0;
		if (change == NULL)
			continue;
		differences++;
		message_out("%s %s", change, head);
		json_open(json, NULL, '{');
		json_text(json, "change", change);
		json_text(json, "object", head);
		json_close(json, '}');
	}
	return differences;
}

static void
check(const char *path, char *text)
{
	Blocks		file = read_blocks(text_file_read(path, "Write it with neon_migrate snapshot --output FILE."));
	Blocks		database = read_blocks(text);
	int			differences;
	Json		json;

	json_begin(&json);
	json_text(&json, "command", "snapshot");
	json_open(&json, "differences", '[');
	differences = compare(&json, &file, &database);
	json_close(&json, ']');
	json_bool(&json, "ok", differences == 0);
	if (message_json())
		json_end(&json);
	if (differences == 0)
		message_out("the schema is as in \"%s\"", path);
	else
		message_out("%d %s from \"%s\"", differences, differences == 1 ? "object differs" : "objects differ", path);
	if (differences > 0)
		exit(EXIT_PENDING);
}

/*
 * neon_migrate snapshot
 */
void
command_snapshot(const Options *options)
{
	Server		server;
	PGresult   *result;
	PQExpBufferData text;
	Json		json;

	if (options->check && options->output)
		message_fail(EXIT_ERROR, "--check and --output cannot be given together", NULL);
	server_start(&server, options);
	server_finish(&server, NULL, NULL, 0);
	server_require_extension(&server);
	result = server_query(&server, server_sql(&server, "SELECT kind, identity, definition FROM @migrate_snapshot()"),
						  NULL, 0);
	initPQExpBuffer(&text);
	for (int row = 0; row < PQntuples(result); row++)
		append_block(&text, result, row);
	if (PQExpBufferBroken(&text))
		message_fail(EXIT_ERROR, "out of memory", NULL);
	if (options->check)
	{
		check(options->check, text.data);
		return;
	}
	if (options->output)
		write_file(options->output, text.data);
	else if (!message_json())
		fputs(text.data, stdout);
	if (!message_json())
		return;
	json_begin(&json);
	json_bool(&json, "ok", true);
	json_text(&json, "command", "snapshot");
	if (options->output)
		json_text(&json, "file", options->output);
	else
		json_rows(&json, "objects", result);
	json_end(&json);
}
