#!/bin/sh
# quickstart.sh: neon_migrate from nothing to a migrated database.
#
#   sh examples/quickstart.sh           does it all, and leaves the server up
#   sh examples/quickstart.sh stop      throws the server away
#
# Builds and installs the extension (with a PostgreSQL from the package
# manager if there is none), starts a private server in a folder of its own,
# applies the migrations in examples/shop and shows what can be seen of it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
. "$top/test/server.sh"
folder=${NEON_MIGRATE_QUICKSTART:-${TMPDIR:-/tmp}/neon_migrate_quickstart.$(id -u)}

if [ "${1:-}" = stop ]; then
	find_postgres || fail "There is no PostgreSQL here."
	[ -d "$folder" ] || fail "There is no server in $folder."
	stop_server "$folder"
	echo "The server is stopped and $folder is gone."
	exit 0
fi

sql() { "$bindir/psql" -X -q -v ON_ERROR_STOP=1 -d "${database:-shop}" "$@"; }

# shows a statement as one would type it, and what it answers
show() {
	printf '%sshop=# %s%s\n' "$green" "$1" "$plain"
	"$bindir/psql" -X -q -P pager=off -d shop -c "$1" 2>&1 || [ "${2:-}" = fails ]
}

# hands the two parts of a migration file to migrate_apply()
apply_file() {
	name=$(basename "$1" .sql)
	split_migration "$1" "$work/m"
	outcome=$(NM_UP=$work/m.up NM_DOWN=$work/m.down sql -At \
		-v version="${name%%_*}" -v description="$(echo "${name#*_}" | tr _ ' ')" <<'SQL'
\set up `cat "$NM_UP"`
\set down `cat "$NM_DOWN"`
SELECT migrate_apply(:'version', :'up', :'down', :'description');
SQL
	)
	printf '%s%-9s%s %s\n' "$green" "$outcome" "$plain" "$name"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

title "1. PostgreSQL"
need_postgres
note "$("$pg_config" --version), $bindir"

title "2. Build and install"
make -s -C "$top" PG_CONFIG="$pg_config" with_llvm=no
if [ -w "$("$pg_config" --pkglibdir)" ] && [ -w "$("$pg_config" --sharedir)/extension" ]; then
	make -s -C "$top" PG_CONFIG="$pg_config" with_llvm=no install >/dev/null
else
	can_be_root || fail "No right to write to $("$pg_config" --pkglibdir): run this as root or with sudo at hand."
	as_root make -s -C "$top" PG_CONFIG="$pg_config" with_llvm=no install >/dev/null
fi
note "neon_migrate is in $("$pg_config" --pkglibdir)"

title "3. A server to throw away"
if [ -d "$folder" ]; then stop_server "$folder"; fi
start_server "$folder"
database=postgres sql -c 'CREATE DATABASE shop'
sql -c 'CREATE EXTENSION neon_migrate'
note "PostgreSQL $("$bindir/psql" -XAt -d shop -c 'SHOW server_version') on 127.0.0.1:$PGPORT, in $folder"

title "4. examples/shop: the migrations of a shop"
for file in "$here"/shop/*.sql; do
	apply_file "$file"
done

title "5. What the database knows"
show "SELECT version, state, duration, has_down, description FROM migrate_status ORDER BY applied_at DESC LIMIT 8"
show "SELECT seq, version, action, applied_by, statements, rows, wal_bytes FROM migrate_history ORDER BY seq DESC LIMIT 8"

title "6. A migration that fails leaves nothing behind, and says where it failed"
show "SELECT migrate_apply('20990101000000', 'CREATE TABLE gift_cards (id bigint PRIMARY KEY, recipient text);

CREATE VIEW nameless_gift_cards AS
    SELECT id FROM gift_cards WHERE recipent IS NULL;')" fails
show "SELECT to_regclass('gift_cards') AS gift_cards, (SELECT count(*) FROM migrate_status WHERE version = '20990101000000') AS ledger_rows"

title "7. Rolled back by the SQL in the ledger, and applied again"
show "SELECT * FROM migrate_rollback(2)"
show "SELECT version, state FROM migrate_status ORDER BY migrate_version_key(version) DESC LIMIT 3"
for file in $(ls "$here"/shop/*.sql | tail -n 2); do
	apply_file "$file"
done

title "8. What refuses a transaction: step by step, each step in the ledger"
show "CALL migrate_run('20250901090000',
  'CREATE INDEX CONCURRENTLY orders_customer_recent_idx ON orders (customer_id, placed_at DESC); ANALYZE orders',
  'DROP INDEX CONCURRENTLY orders_customer_recent_idx')"
show "SELECT seq, action, direction, step, steps, statements FROM migrate_history WHERE version = '20250901090000'"

title "9. Nobody has tampered with the ledger"
show "SELECT * FROM migrate_verify()"
show "SELECT ok, current, applied, detail FROM migrate_health()"

title "Yours to play with"
cat <<TEXT
connect:      psql postgresql://postgres:$PGPASSWORD@127.0.0.1:$PGPORT/shop
throw away:   sh examples/quickstart.sh stop
TEXT
