/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Writes the one JSON object of a command's --json output.
 *
 * A key is NULL for the elements of an array.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "catalog/pg_type_d.h"
#include "mb/pg_wchar.h"

#include "json.h"

/*
 * Appends a string.  What is no UTF-8, such as the names of some files, becomes
 * a replacement character.
 */
static void
append_string(Json *json, const char *value)
{
	size_t		left = strlen(value);

	appendPQExpBufferChar(&json->text, '"');
	for (const char *c = value; *c; c++, left--)
	{
		if ((unsigned char) *c >= 0x80)
		{
			int			length = pg_encoding_verifymbchar(PG_UTF8, c, (int) Min(left, 4));

			if (length > 1)
			{
				appendBinaryPQExpBuffer(&json->text, c, length);
				c += length - 1;
				left -= length - 1;
			}
			else
				appendPQExpBufferStr(&json->text, "\\ufffd");
			continue;
		}
		switch (*c)
		{
			case '"':
			case '\\':
				appendPQExpBufferChar(&json->text, '\\');
				appendPQExpBufferChar(&json->text, *c);
				break;
			case '\n':
				appendPQExpBufferStr(&json->text, "\\n");
				break;
			case '\t':
				appendPQExpBufferStr(&json->text, "\\t");
				break;
			default:
				if ((unsigned char) *c < ' ')
					appendPQExpBuffer(&json->text, "\\u%04x", *c);
				else
					appendPQExpBufferChar(&json->text, *c);
		}
	}
	appendPQExpBufferChar(&json->text, '"');
}

/*
 * Begins a member of an object, or without a key an element of an array.
 */
static void
append_key(Json *json, const char *key)
{
	if (!json->first)
		appendPQExpBufferStr(&json->text, ", ");
	json->first = false;
	if (key)
	{
		append_string(json, key);
		appendPQExpBufferStr(&json->text, ": ");
	}
}

void
json_begin(Json *json)
{
	initPQExpBuffer(&json->text);
	appendPQExpBufferChar(&json->text, '{');
	json->first = true;
}

/*
 * Writes the object to the standard output.
 */
void
json_end(Json *json)
{
	appendPQExpBufferChar(&json->text, '}');
	puts(json->text.data);
	termPQExpBuffer(&json->text);
}

/*
 * Opens an object or an array; "brace" is its opening one.
 */
void
json_open(Json *json, const char *key, char brace)
{
	append_key(json, key);
	appendPQExpBufferChar(&json->text, brace);
	json->first = true;
}

void
json_close(Json *json, char brace)
{
	appendPQExpBufferChar(&json->text, brace);
	json->first = false;
}

/*
 * Appends a string; NULL is null.
 */
void
json_text(Json *json, const char *key, const char *value)
{
	append_key(json, key);
	if (value)
		append_string(json, value);
	else
		appendPQExpBufferStr(&json->text, "null");
}

void
json_int(Json *json, const char *key, int64 value)
{
	append_key(json, key);
	appendPQExpBuffer(&json->text, INT64_FORMAT, value);
}

void
json_bool(Json *json, const char *key, bool value)
{
	append_key(json, key);
	appendPQExpBufferStr(&json->text, value ? "true" : "false");
}

/*
 * Appends the columns of a row from number "first" to "last" under their names.
 * Numbers and booleans are such in JSON, a value of type json is itself, all
 * else is a string.
 */
void
json_columns(Json *json, const PGresult *result, int row, int first, int last)
{
	for (int column = first; column <= last; column++)
	{
		const char *name = PQfname(result, column);
		const char *value = PQgetvalue(result, row, column);

		if (PQgetisnull(result, row, column))
		{
			json_text(json, name, NULL);
			continue;
		}
		switch (PQftype(result, column))
		{
			case BOOLOID:
				json_bool(json, name, value[0] == 't');
				break;
			case INT4OID:
			case INT8OID:
			case FLOAT8OID:
			case NUMERICOID:
			case JSONOID:
				append_key(json, name);
				appendPQExpBufferStr(&json->text, value);
				break;
			default:
				json_text(json, name, value);
		}
	}
}

/*
 * Appends all columns of a row.
 */
void
json_row(Json *json, const PGresult *result, int row)
{
	json_columns(json, result, row, 0, PQnfields(result) - 1);
}

/*
 * Appends an array with an object for each row.
 */
void
json_rows(Json *json, const char *key, const PGresult *result)
{
	json_open(json, key, '[');
	for (int row = 0; row < PQntuples(result); row++)
	{
		json_open(json, NULL, '{');
		json_row(json, result, row);
		json_close(json, '}');
	}
	json_close(json, ']');
}
