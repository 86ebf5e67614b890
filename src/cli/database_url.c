/*-------------------------------------------------------------------------
 *
 * database_url.c
 *	  Turns the URLs that other tools take into what libpq takes.
 *
 * The name of a driver (postgresql+asyncpg://, jdbc:postgresql://) is taken
 * off, and so are parameters that are about that driver or its pool.  What
 * they say about TLS is kept.
 *
 * No part of a URL is ever repeated in a message, but for the scheme and the
 * names of parameters, since a password that was not written as it should may be anywhere in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "libpq-fe.h"
#include "pqexpbuffer.h"

#include "database_url.h"
#include "message.h"

/*
 * Parameters of other drivers.
 */
static const char *const ignored[] = {
	"schema", "currentSchema",	/* where the tool's own table is */
	"pgbouncer", "connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size",
	"prepared_statement_cache_size", "prepared_statement_name_func", "prepareThreshold",
	"preparedStatementCacheQueries", "uselibpqcompat", "pool_size", "max_overflow",
	"pool_max_conns", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time",
	"default_query_exec_mode", "supa", "workaround", "x-migrations-table", "x-statement-timeout",
	"x-multi-statement", "search_path", "migrations_table", "ApplicationName", "tcpKeepAlive",
};

/*
 * What other drivers say about TLS, in libpq's words.  NULL stands for any
 * value.
 */
static const struct
{
	const char *name;
	const char *value;
	const char *sslmode;		/* NULL: says nothing */
}			tls[] = {
	{"sslmode", "no-verify", "require"},
	{"sslmode", "no_verify", "require"},
	{"ssl", "true", "require"},
	{"ssl", "1", "require"},
	{"ssl", "false", "disable"},
	{"ssl", "0", "disable"},
	{"sslaccept", "strict", "verify-full"},
	{"sslaccept", "accept_invalid_certs", "require"},
	{"sslfactory", NULL, NULL},
};

static void
fail_invalid(const char *source, const char *what, const char *hint)
{
	message_fail(EXIT_ERROR, psprintf("%s is not a valid URL: %s", source, what), hint);
}

#define HINT_ENCODE \
	"In user and password, write \"@\" as %40, \":\" as %3A, \"/\" as %2F, \"?\" as %3F, \"#\" as %23 and \"%\" as %25."

/*
 * Raises an error if the part before the host looks as if a character in it
 * was not encoded.  libpq would take a part of the password for the host then,
 * and look for it.
 */
static void
check_password_encoding(const char *source, const char *after_scheme)
{
	const char *at = strchr(after_scheme, '@');
	const char *host = at ? at + 1 : after_scheme;
	size_t		authority = strcspn(after_scheme, "/?#");

	/* one "@" ends the password; a parameter may have more */
	if ((at == NULL || at < after_scheme + authority) &&
		memchr(host, '@', strcspn(host, "?")) == NULL)
		return;
	if (at > after_scheme + authority && after_scheme[authority] != '#' &&
		memchr(after_scheme, ':', authority) == NULL &&
		memchr(after_scheme, '@', strcspn(after_scheme, "?")) == NULL)
		return;
	fail_invalid(source, "it has an \"@\" where none can be", HINT_ENCODE);
}

/*
 * Raises an error if libpq does not know the parameter.
 */
static void
check_parameter(const char *source, const char *name)
{
	static PQconninfoOption *known = NULL;

	if (known == NULL)
		known = PQconndefaults();
	for (PQconninfoOption *option = known; option && option->keyword; option++)
		if (strcmp(option->keyword, name) == 0)
			return;
	fail_invalid(source, psprintf("there is no parameter \"%s\"", name),
				 "After \"?\" come parameters of libpq, such as sslmode=require.");
}

/*
 * Appends the parameter to the query string, in libpq's words.
 */
static void
append_parameter(PQExpBuffer query, const char *source, const char *name, const char *value)
{
	for (int i = 0; i < (int) lengthof(ignored); i++)
		if (strcmp(name, ignored[i]) == 0)
			return;
	for (int i = 0; i < (int) lengthof(tls); i++)
	{
		if (strcmp(name, tls[i].name) != 0 || (tls[i].value && strcmp(value, tls[i].value) != 0))
			continue;
		if (tls[i].sslmode == NULL)
			return;
		name = "sslmode";
		value = tls[i].sslmode;
	}
	if (strcmp(name, "ssl") == 0)
		name = "sslmode";
	check_parameter(source, name);
	appendPQExpBuffer(query, "%c%s=%s", query->len > 0 ? '&' : '?', name, value);
}

/*
 * Returns the parameters in libpq's words.
 */
static char *
translate_parameters(const char *source, const char *parameters)
{
	PQExpBufferData query;
	char	   *copy = pg_strdup(parameters);

	initPQExpBuffer(&query);
	for (char *part = strtok(copy, "&"); part; part = strtok(NULL, "&"))
	{
		char	   *value = strchr(part, '=');

		if (value == NULL)
			fail_invalid(source, "a parameter after \"?\" has no \"=\"", HINT_ENCODE);
		*value++ = '\0';
		append_parameter(&query, source, part, value);
	}
	free(copy);
	return query.data;
}

/*
 * Is it a scheme that stands for PostgreSQL, perhaps with a driver?
 */
static bool
is_postgres(const char *scheme, size_t length)
{
	const char *plus = memchr(scheme, '+', length);

	if (plus)
		length = plus - scheme;
	return (length == 8 && pg_strncasecmp(scheme, "postgres", 8) == 0) ||
		(length == 10 && pg_strncasecmp(scheme, "postgresql", 10) == 0) ||
		(length == 4 && pg_strncasecmp(scheme, "psql", 4) == 0) ||
		(length == 4 && pg_strncasecmp(scheme, "pgx5", 4) == 0);
}

/*
 * Returns "url" as libpq understands it; "source" says where it is from.  A
 * connection string of libpq (host=... dbname=...) is returned as it is.
 */
char *
database_url_for_libpq(const char *url, const char *source)
{
	char	   *copy = pg_strdup(url + strspn(url, " \t\r\n"));
	char	   *scheme_end;
	char	   *parameters;
	size_t		length = strlen(copy);

	while (length > 0 && isspace((unsigned char) copy[length - 1]))
		copy[--length] = '\0';
	if (pg_strncasecmp(copy, "jdbc:", 5) == 0)
		copy += 5;
	scheme_end = strstr(copy, "://");
	if (scheme_end == NULL)
	{
		if (strchr(copy, '=') == NULL)
			fail_invalid(source, "it does not begin with postgresql://",
						 "It looks like postgresql://USER:PASSWORD@HOST/DATABASE.");
		return copy;
	}
	if (strcspn(copy, "=' ") < (size_t) (scheme_end - copy))
		return copy;			/* the value of a connection string */
	if (!is_postgres(copy, scheme_end - copy))
		fail_invalid(source, psprintf("\"%.*s\" is not PostgreSQL",
									  (int) Min(scheme_end - copy, 20), copy),
					 "It looks like postgresql://USER:PASSWORD@HOST/DATABASE.");
	scheme_end += 3;
	check_password_encoding(source, scheme_end);
	parameters = strchr(scheme_end, '?');
	if (parameters)
		*parameters++ = '\0';
	return psprintf("postgresql://%s%s", scheme_end,
					parameters ? translate_parameters(source, parameters) : "");
}
