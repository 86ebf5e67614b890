/*-------------------------------------------------------------------------
 *
 * text_file.c
 *	  Reads a text from a file, or from the standard input.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "pqexpbuffer.h"

#include "message.h"
#include "text_file.h"

/*
 * Returns what is in the file, with line ends of Unix; "-" is the standard
 * input.  "hint" is what to do if there is no such file.
 */
char *
text_file_read(const char *path, const char *hint)
{
	bool		is_input = strcmp(path, "-") == 0;
	FILE	   *file = is_input ? stdin : fopen(path, "r");
	PQExpBufferData text;
	char		buffer[8192];
	size_t		got;

	if (file == NULL)
		message_fail(EXIT_ERROR, psprintf("could not open file \"%s\": %s", path, strerror(errno)), hint);
	initPQExpBuffer(&text);
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		for (size_t i = 0; i < got; i++)
		{
			if (buffer[i] == '\0')
				message_fail(EXIT_ERROR, psprintf("\"%s\" is no text: there is a zero byte in it", path), NULL);
			if (buffer[i] != '\r')
				appendPQExpBufferChar(&text, buffer[i]);
		}
	if (ferror(file))
		message_fail(EXIT_ERROR, psprintf("could not read file \"%s\": %s", path, strerror(errno)), NULL);
	if (PQExpBufferBroken(&text))
		message_fail(EXIT_ERROR, "out of memory", NULL);
	if (!is_input)
		fclose(file);
	return text.data;
}
