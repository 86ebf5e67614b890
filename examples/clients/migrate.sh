#!/bin/sh
# migrate.sh: applies a folder of migrations with psql.
#
#   sh migrate.sh FOLDER
#
# Connects to $DATABASE_URL, else as PGHOST, PGUSER and so on say.  A file is
# named VERSION_what_it_does.sql and starts its up SQL with a line
# "-- migrate:up", its down SQL, if it has any, with a line "-- migrate:down".
# Files are applied in the order of their names, each in a transaction of its
# own; those that are applied already are left alone.
#
# The two lines are comments and go along, so that the lines which errors name
# are those of the file.
set -eu

folder=${1:?usage: sh migrate.sh FOLDER}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export LC_ALL=C PGCLIENTENCODING=UTF8
for file in "$folder"/*.sql; do
	name=$(basename "$file" .sql)
	grep -q '^-- migrate:up' "$file" || { echo "$file has no line \"-- migrate:up\"" >&2; exit 1; }
	awk '/^-- migrate:down/ { exit } { print }' "$file" >"$work/up"
	awk '/^-- migrate:down/ { down = 1 } down { print }' "$file" >"$work/down"

	# \set with backquotes reads a file; :'up' is its text as an SQL literal
	outcome=$(NM_UP=$work/up NM_DOWN=$work/down psql -XAtq -d "${DATABASE_URL:-}" \
		-v ON_ERROR_STOP=1 -v version="${name%%_*}" \
		-v description="$(echo "${name#*_}" | tr _ ' ')" <<'SQL'
\set up `cat "$NM_UP"`
\set down `cat "$NM_DOWN"`
SELECT migrate_apply(:'version', :'up', nullif(:'down', ''), :'description');
SQL
	)
	printf '%-10s%s\n' "$outcome" "$name"
done
