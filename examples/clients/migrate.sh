#!/bin/sh
# migrate.sh: applies a folder of migrations with psql.
#
#   sh migrate.sh FOLDER
#   sh migrate.sh --up FOLDER
#
# Connects to $DATABASE_URL, else as PGHOST, PGUSER and so on say.  A file is
# named VERSION_what_it_does.sql and starts its up SQL with a line
# "-- migrate:up", its down SQL, if it has any, with a line "-- migrate:down".
# Files are applied in the order of their names, each in a transaction of its
# own; those that are applied already are left alone.
#
# With --up, all files are registered, and what is pending is then applied by
# CALL migrate_up(), in the order of the versions.  So they may contain CREATE
# INDEX CONCURRENTLY and the like, and what was interrupted goes on.
#
# The two lines are comments and go along, so that the lines which errors name
# are those of the file.
set -eu

function=migrate_apply
if [ "${1:-}" = --up ]; then
	function=migrate_register
	shift
fi
folder=${1:?usage: sh migrate.sh [--up] FOLDER}
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
		-v ON_ERROR_STOP=1 -v function="$function" -v version="${name%%_*}" \
		-v description="$(echo "${name#*_}" | tr _ ' ')" <<'SQL'
\set up `cat "$NM_UP"`
\set down `cat "$NM_DOWN"`
SELECT :function(:'version', :'up', nullif(:'down', ''), :'description');
SQL
	)
	printf '%-12s%s\n' "$outcome" "$name"
done

if [ "$function" = migrate_register ]; then
	# nothing else in this -c: a CALL begins and ends transactions itself
	count=$(psql -XAtq -d "${DATABASE_URL:-}" -v ON_ERROR_STOP=1 -c 'CALL migrate_up()')
	echo "$count applied now"
fi
