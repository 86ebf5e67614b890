#!/bin/sh
# quickstart.sh: neon_migrate from nothing to a migrated database.
#
#   sh examples/quickstart.sh           does it all, and leaves the server up
#   sh examples/quickstart.sh stop      throws the server away
#
# Builds and installs the extension and its client (with a PostgreSQL from the
# package manager if there is none), starts a private server in a folder of its
# own, applies the migrations in examples/shop and shows what can be seen of it.
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
	"$bindir/psql" -X -q -P pager=off -d shop -c "$1" 2>&1
}

# runs the client as one would type it, in the server's folder, where a copy of
# the migrations is
client() {
	printf '%s$ neon_migrate %s%s\n' "$green" "$*" "$plain"
	(cd "$folder" && exec "$bindir/neon_migrate" --database-url "$url" "$@" 2>&1)
}

title "1. PostgreSQL"
need_postgres
note "$("$pg_config" --version), $bindir"

title "2. Build and install"
make -s -C "$top" PG_CONFIG="$pg_config" with_llvm=no
if [ -w "$("$pg_config" --pkglibdir)" ] && [ -w "$("$pg_config" --sharedir)/extension" ] && [ -w "$bindir" ]; then
	make -s -C "$top" PG_CONFIG="$pg_config" with_llvm=no install >/dev/null
else
	can_be_root || fail "No right to write to $("$pg_config" --pkglibdir): run this as root or with sudo at hand."
	as_root make -s -C "$top" PG_CONFIG="$pg_config" with_llvm=no install >/dev/null
fi
note "the extension is in $("$pg_config" --pkglibdir), the client is $bindir/neon_migrate"

title "3. A server to throw away"
if [ -d "$folder" ]; then stop_server "$folder"; fi
start_server "$folder"
database=postgres sql -c 'CREATE DATABASE shop'
url=postgresql://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/shop
mkdir "$folder/migrations"
cp "$here"/shop/*.sql "$folder/migrations"
client init
note "PostgreSQL $("$bindir/psql" -XAt -d shop -c 'SHOW server_version') on 127.0.0.1:$PGPORT, in $folder"

title "4. examples/shop: the migrations of a shop"
client up
client up

title "5. What the database knows"
show "SELECT version, state, duration, has_down, description FROM migrate_status ORDER BY applied_at DESC LIMIT 8"
show "SELECT seq, version, action, applied_by, statements, rows, wal_bytes FROM migrate_history ORDER BY seq DESC LIMIT 8"

title "6. A migration that fails leaves nothing behind, and says where it failed"
cat >"$folder/migrations/20990101000000_create_gift_cards.sql" <<'SQL'
-- migrate:up
CREATE TABLE gift_cards (id bigint PRIMARY KEY, recipient text);

CREATE VIEW nameless_gift_cards AS
    SELECT id FROM gift_cards WHERE recipent IS NULL;
SQL
client up && fail "A wrong migration was applied."
show "SELECT to_regclass('gift_cards') AS gift_cards, (SELECT state FROM migrate_status WHERE version = '20990101000000') AS state"
rm "$folder/migrations/20990101000000_create_gift_cards.sql"

title "7. Rolled back by the SQL in the ledger, and applied again"
client down 2
show "SELECT version, state FROM migrate_status ORDER BY migrate_version_key(version) DESC LIMIT 3"
client up

title "8. What refuses a transaction: step by step, each step in the ledger"
cat >"$folder/migrations/20250901090000_orders_customer_recent_idx.sql" <<'SQL'
-- migrate:up
CREATE INDEX CONCURRENTLY orders_customer_recent_idx ON orders (customer_id, placed_at DESC);
ANALYZE orders;

-- migrate:down
DROP INDEX CONCURRENTLY orders_customer_recent_idx;
SQL
client up
show "SELECT seq, action, direction, step, steps, statements FROM migrate_history WHERE version = '20250901090000'"

title "9. Nobody has tampered with the ledger"
client verify
client health

title "Yours to play with"
cat <<TEXT
connect:      psql $url
migrate:      cd $folder
              export DATABASE_URL=$url
              $bindir/neon_migrate new "gift cards"
              $bindir/neon_migrate up
              $bindir/neon_migrate --help
throw away:   sh examples/quickstart.sh stop
TEXT
