#!/bin/sh
# compare.sh: the same folder, run by the tool it is written for and by
# neon_migrate, gives the same schema.
#
#   PGHOST=... PGPORT=... PGUSER=... sh test/formats/compare.sh [TOOL...]
#
# Wants a running server, by TCP, with the extension, whose superuser needs no
# password; neon_migrate, and pg_dump and psql of the server's version, in the
# path; and any of the tools in the path (Prisma 7; Supabase's client, 3;
# drizzle-kit, with drizzle-orm and pg where it finds them). Those that are not
# there are skipped. Makes and drops databases called compare_theirs and
# compare_ours.
set -u

here=$(cd "$(dirname "$0")" && pwd)
: "${PGHOST:=localhost}" "${PGPORT:=5432}" "${PGUSER:=postgres}"
export PGHOST PGPORT PGUSER
url="postgres://$PGUSER@$PGHOST:$PGPORT/compare_theirs"
work=$(mktemp -d "${TMPDIR:-/tmp}/compare.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

# theirs TOOL: runs the tool on $work/files
theirs() {
	case $1 in
	dbmate) dbmate --url "$url?sslmode=disable" --migrations-dir "$work/files" --no-dump-schema up ;;
	golang-migrate) migrate -path "$work/files" -database "$url?sslmode=disable" up ;;
	goose) goose -dir "$work/files" postgres "$url?sslmode=disable" up ;;
	sqlx) sqlx migrate run --source "$work/files" --database-url "$url" ;;
	diesel) diesel migration run --migration-dir "$work/files" --database-url "$url" ;;
	node-pg-migrate) DATABASE_URL=$url node-pg-migrate -m "$work/files" up ;;
	graphile-migrate)
		mkdir "$work/project" && cp -r "$work/files" "$work/project/migrations" &&
			(cd "$work/project" && echo '{"connectionString": "'"$url"'"}' >.gmrc &&
				DATABASE_URL=$url graphile-migrate migrate)
		;;
	sqitch) (cd "$work/files" && sqitch deploy --no-verify "db:pg://$PGUSER@$PGHOST:$PGPORT/compare_theirs") ;;
	prisma)
		mkdir "$work/project" && cp -r "$work/files" "$work/project/migrations" &&
			(cd "$work/project" && printf 'datasource db {\n\tprovider = "postgresql"\n}\n' >schema.prisma &&
				printf 'export default { schema: "schema.prisma", migrations: { path: "migrations" },\n\tdatasource: { url: process.env.DATABASE_URL! } };\n' >prisma.config.ts &&
				DATABASE_URL=$url prisma migrate deploy)
		;;
	supabase)
		mkdir -p "$work/project/supabase" && cp -r "$work/files" "$work/project/supabase/migrations" &&
			(cd "$work/project" && supabase migration up --yes --remote "$url?sslmode=disable")
		;;
	drizzle)
		mkdir "$work/project" && cp -r "$work/files" "$work/project/drizzle" &&
			(cd "$work/project" && printf '{"dialect": "postgresql", "out": "drizzle", "dbCredentials": {"url": "%s"}}\n' "$url" >drizzle.config.json &&
				drizzle-kit migrate)
		;;
	flyway) flyway -url="jdbc:postgresql://$PGHOST:$PGPORT/compare_theirs" -user="$PGUSER" \
		-locations="filesystem:$work/files" migrate ;;
	esac
}

# binary TOOL
binary() {
	case $1 in golang-migrate) echo migrate ;; drizzle) echo drizzle-kit ;; *) echo "$1" ;; esac
}

# folders TOOL: those with what the tool itself can run
folders() {
	case $1 in
	sqlx) echo sqlx sqlx-pairs sqlx-traps ;;
	supabase) echo supabase supabase-traps supabase-numbers ;;
	diesel | prisma | drizzle) echo "$1" "$1-traps" ;;
	flyway) echo flyway flyway-baseline flyway-order ;;
	dbmate | golang-migrate | goose | node-pg-migrate) echo "$1" "$1-order" ;;
	*) echo "$1" ;;
	esac
}

# schema DATABASE: what is in it, without the tools' own tables
schema() {
	pg_dump -s --no-owner -N ours -N sqitch -N graphile_migrate -N supabase_migrations -N drizzle -T schema_migrations -T pgmigrations \
		-T 'pgmigrations_id_seq' -T goose_db_version -T goose_db_version_id_seq -T _sqlx_migrations \
		-T __diesel_schema_migrations -T flyway_schema_history -T _prisma_migrations "$1" |
		grep -Ev '^(--|$|\\(un)?restrict |CREATE EXTENSION|CREATE SCHEMA graphile|COMMENT ON EXTENSION)'
}

# ours FORMAT: the same by neon_migrate
ours() {
	psql -Xq -v ON_ERROR_STOP=1 -d compare_ours -c 'CREATE SCHEMA ours' -c 'CREATE EXTENSION neon_migrate SCHEMA ours' &&
		DATABASE_URL="postgres://$PGUSER@$PGHOST:$PGPORT/compare_ours?sslmode=disable" \
			neon_migrate up --dir "$work/files" --format "$1"
}

# compare TOOL FOLDER
compare() {
	rm -rf "$work/files" "$work/project" "$work"/*.log
	cp -r "$here/$2" "$work/files"
	for database in compare_theirs compare_ours; do
		dropdb --if-exists --force "$database" 2>/dev/null
		createdb "$database" || exit 1
	done
	if theirs "$1" >"$work/theirs.log" 2>&1 && ours "$1" >"$work/ours.log" 2>&1 &&
		schema compare_theirs >"$work/theirs" && schema compare_ours >"$work/ours" &&
		[ -s "$work/ours" ] && diff -u "$work/theirs" "$work/ours"; then
		echo "same     $1, folder $2 ($(wc -l <"$work/ours") lines of schema)"
	else
		echo "FAILED   $1, folder $2"
		cat "$work/theirs.log" "$work/ours.log" 2>/dev/null | tail -n 15
		failed=1
	fi
}

for tool in ${*:-dbmate golang-migrate goose sqlx diesel node-pg-migrate graphile-migrate sqitch flyway prisma supabase drizzle}; do
	if ! command -v "$(binary "$tool")" >/dev/null; then
		echo "skipped  $tool is not there"
		continue
	fi
	for folder in $(folders "$tool"); do
		compare "$tool" "$folder"
	done
done
dropdb --if-exists compare_theirs
dropdb --if-exists compare_ours
exit $failed
