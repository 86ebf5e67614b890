/*-------------------------------------------------------------------------
 *
 * graphile_migrate.c
 *	  graphile-migrate's committed migrations.
 *
 *		--! Previous: sha1:...		or - for the first one
 *		--! Hash: sha1:...
 *		--! Message: create users
 *		--! AllowInvalidHash
 *
 *		--! no-transaction
 *		CREATE TABLE users ...
 *
 * The hash chain is checked as the tool does it, where the file before is
 * there, too.  There is no down SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha1.h"

#include "formats/format.h"
#include "formats/scan.h"

/*
 * The header of a file.
 */
typedef struct Header
{
	char	   *previous;		/* NULL if there is none */
	char	   *hash;
	char	   *message;
	bool		any_hash;
	int			body;			/* byte at which the body begins */
} Header;

static bool
is_directive(const char *comment)
{
	return comment[2] == '!';
}

FormatFit
graphile_migrate_fit(const FormatFile *file)
{
	int			digits = format_digits(file->base);

	/* what is not committed yet */
	if (strcmp(file->base, "current.sql") == 0 || strcmp(file->folder, "current") == 0)
		return FIT_NAME;
	if (digits == 0 || !format_has_suffix(file->base, ".sql") ||
		(file->base[digits] != '-' && file->base[digits] != '.'))
		return FIT_NO;
	return strncmp(file->text, "--! Previous:", 13) == 0 ? FIT_SURE : FIT_NAME;
}

/*
 * Returns the rest of the line after "key", or NULL if it does not begin with
 * that.
 */
static char *
value_of(const char *line, int length, const char *key)
{
	int			key_length = strlen(key);

	if (length < key_length || strncmp(line, key, key_length) != 0)
		return NULL;
	return format_trimmed(line + key_length, length - key_length);
}

static void
read_header(const FormatFile *file, Header *header)
{
	const char *line = file->text;

	memset(header, 0, sizeof(Header));
	while (strncmp(line, "--!", 3) == 0)
	{
		int			length = strcspn(line, "\n");
		char	   *value;

		if ((value = value_of(line, length, "--! Previous:")) != NULL)
			header->previous = value;
		else if ((value = value_of(line, length, "--! Hash:")) != NULL)
			header->hash = value;
		else if ((value = value_of(line, length, "--! Message:")) != NULL)
			header->message = value;
		else if (value_of(line, length, "--! AllowInvalidHash") != NULL)
			header->any_hash = true;
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown header line \"%s\"",
							format_excerpt(file, line - file->text, line - file->text + length)),
					 errhint("The header has Previous, Hash, Message and AllowInvalidHash; an empty line ends it."),
					 format_errplace(file, line - file->text)));
		line += length;
		line += *line == '\n';
	}
	if (header->previous == NULL || header->hash == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" has no \"--! %s:\"", format_label(file->path),
						header->previous ? "Hash" : "Previous"),
				 errhint("Only migrations that graphile-migrate has committed can be registered.")));
	header->body = line - file->text;
}

/*
 * Returns the hash that the tool gives to a body.
 */
static char *
hash_of(const Header *header, const char *body)
{
	const char *previous = strcmp(header->previous, "-") == 0 ? "" : header->previous;
	char	   *hashed = psprintf("%s\n%s", previous, format_trimmed(body, strlen(body)));
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA1);
	uint8		digest[SHA1_DIGEST_LENGTH];
	char		hex[SHA1_DIGEST_LENGTH * 2 + 1];

	hashed = psprintf("%s\n", format_trimmed(hashed, strlen(hashed)));
	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (uint8 *) hashed, strlen(hashed)) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not take the hash of a migration");
	pg_cryptohash_free(hash);
	for (int i = 0; i < SHA1_DIGEST_LENGTH; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return psprintf("sha1:%s", hex);
}

/*
 * Raises 22023 unless the body is the one that was committed, but for its line
 * ends.
 */
static void
check_hash(const FormatFile *file, const Header *header)
{
	char	   *body = pstrdup(file->text + header->body);
	char	   *to = body;
	char	   *found = hash_of(header, body);

	if (header->any_hash || strcmp(found, header->hash) == 0)
		return;
	for (const char *from = body; *from; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
	if (strcmp(hash_of(header, body), header->hash) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("file \"%s\" was changed after it was committed", format_label(file->path)),
			 errdetail("Its header has the hash %s, its body %s.", header->hash, found),
			 errhint("Put the change into a new migration. If it is meant, write \"--! AllowInvalidHash\" into the header.")));
}

/*
 * Follows the directives in the body.
 */
static void
read_body(const FormatFile *file, const Header *header, FormatMigration *migration)
{
	ListCell   *cell;
	int			first = header->body + strspn(file->text + header->body, "\r\n");

	foreach(cell, sql_directives(file->text, is_directive))
	{
		Region	   *directive = lfirst(cell);
		const char *word = file->text + directive->start + 3;

		word += strspn(word, " \t");
		if (directive->start < header->body || strncmp(word, "Included", 8) == 0 ||
			strncmp(word, "EndIncluded", 11) == 0)
			continue;
		if (strncmp(word, "no-transaction", 14) == 0 && directive->start == first)
		{
			migration->mark = "--! no-transaction";
			continue;
		}
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("directive \"%s\" is not possible here",
						format_excerpt(file, directive->start, directive->end)),
				 errhint("In a committed migration, there are \"--! no-transaction\" in the first line after the header, and \"--! Included\"."),
				 format_errplace(file, directive->start)));
	}
}

/*
 * Raises 22023 unless the file follows the one before it.
 */
static void
check_chain(const FormatMigration *last, const char *last_hash,
			const FormatMigration *migration, const Header *header)
{
	bool		first = format_compare_numbers(migration->version, "1") == 0;

	if (last && atoi(last->version) + 1 != atoi(migration->version))
		last = NULL;
	if (last ? strcmp(header->previous, last_hash) != 0 :
		first && strcmp(header->previous, "-") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("file \"%s\" does not follow the one before it",
						format_label(migration->up_file->path)),
				 errdetail("Its header has \"%s\" as the hash of the one before, which is \"%s\".",
						   header->previous, last ? last_hash : "-"),
				 errhint("Commit the migrations in one line with graphile-migrate.")));
}

static int
compare_names(const void *a, const void *b)
{
	const FormatFile *fa = *(const FormatFile *const *) a,
			   *fb = *(const FormatFile *const *) b;
	int			result = format_compare_numbers(fa->base, fb->base);

	return result ? result : strcmp(fa->base, fb->base);
}

List *
graphile_migrate_read(const FormatFiles *files)
{
	const FormatFile **sorted = palloc(sizeof(FormatFile *) * files->count);
	List	   *migrations = NIL;
	FormatMigration *last = NULL;
	char	   *last_hash = NULL;

	for (int i = 0; i < files->count; i++)
		sorted[i] = &files->file[i];
	qsort(sorted, files->count, sizeof(FormatFile *), compare_names);
	for (int i = 0; i < files->count; i++)
	{
		const FormatFile *file = sorted[i];
		int			digits = format_digits(file->base);
		FormatMigration *migration;
		Header		header;

		if (digits == 0 || strcmp(file->folder, "current") == 0)
			continue;
		read_header(file, &header);
		migration = format_migration(file, pnstrdup(file->base, digits), header.message);
		if (header.message == NULL)
			migration->description = format_description(file->base + digits,
														strlen(file->base) - digits - 4);
		check_chain(last, last_hash, migration, &header);
		check_hash(file, &header);
		read_body(file, &header, migration);
		migrations = lappend(migrations, migration);
		last = migration;
		last_hash = header.hash;
	}
	return migrations;
}
