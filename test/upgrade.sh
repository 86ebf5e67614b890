#!/bin/sh
# upgrade.sh: a migrated database goes from PostgreSQL 15 to 17.
#
#   sh test/upgrade.sh      as root; prints TAP
#
# By pg_dumpall and psql, and by pg_upgrade.  After both, the ledger is whole
# and its head the one of before, every version has its state, and migrations
# go on: rolled back, applied and refused as ever.
#
# All happens in the Debian tree with PostgreSQL 17 (test/chroot.sh), in a
# folder that is removed afterwards.  Both PostgreSQLs are copied into it, 15
# from this machine, with the libraries that the tree lacks; they find their
# files there, because they look for them relative to their programs.
#
# The latest minors of 15 keep a number "pg_attver" with each column.  A
# pg_dump that does not know it makes a dump that no server takes: so the tree
# has Debian's security updates.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/test/server.sh"
old_major=15 new_major=17 suite=trixie
tests=0 failures=0

[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root, for chroot"; exit 0; }
if ! tree=$(sh "$top/test/chroot.sh" "$suite" "$new_major"); then
	echo "1..0 # SKIP there is no Debian $suite tree with PostgreSQL $new_major"
	[ -z "${CI:-}" ]
	exit
fi

folder=$(mktemp -d "$tree/tmp/nm_upgrade.XXXXXX")
inside=${folder#"$tree"}
old_bin=$inside/usr/lib/postgresql/$old_major/bin
new_bin=$inside/usr/lib/postgresql/$new_major/bin
log=$folder/log

clean_up() {
	for data in old dumped upgraded; do
		if [ -f "$folder/$data/postmaster.pid" ]; then
			kill -QUIT "$(head -n 1 "$folder/$data/postmaster.pid")" 2>/dev/null || true
		fi
	done
	rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# test_result STATUS NAME: if $todo is set, it may fail, for that reason
todo=
test_result() {
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2${todo:+ # TODO $todo}"
	else
		[ -n "$todo" ] || failures=$((failures + 1))
		echo "not ok $tests - $2${todo:+ # TODO $todo}"
	fi
}

# runs NAME COMMAND...: does the command succeed?
runs() {
	name=$1
	shift
	if "$@" >"$log" 2>&1; then
		test_result 0 "$name"
	else
		test_result 1 "$name"
		tail -n 40 "$log" | sed 's/^/# /'
	fi
}

# is NAME GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		test_result 0 "$1"
	else
		test_result 1 "$1"
		printf 'got:\n%s\nexpected:\n%s\n' "$2" "$3" | sed 's/^/# /'
	fi
}

# give_up WHY: for what cannot be tested on
give_up() {
	test_result 1 "$1"
	tail -n 40 "$log" | sed 's/^/# /'
	echo "1..$tests"
	exit 1
}

# Runs a command in the tree as the server's user, with the libraries that
# PostgreSQL 15 brings along.
in_tree() {
	chroot "$tree" runuser -u postgres -- env -C "$inside" LC_ALL=C LD_LIBRARY_PATH="$inside/lib" \
		PGHOST="$inside" PGUSER="${user:-postgres}" PGOPTIONS= "$@"
}

#
# PostgreSQL 15 in the tree, and the extension for both
#

copy_libraries() {
	mkdir -p "$folder/lib"
	for round in 1 2 3 4 5; do
		missing=$(find "$folder/usr/lib/postgresql/$old_major/bin" "$folder/usr/lib/postgresql/$old_major/lib" \
			"$folder/lib" -type f \( -perm -u+x -o -name '*.so*' \) ! -name 'llvmjit*' ! -path '*/pgxs/*' |
			sed "s|^$tree||" | chroot "$tree" env LD_LIBRARY_PATH="$inside/lib" xargs ldd 2>/dev/null |
			awk '/not found/ {print $1}' | sort -u)
		copied=0
		for library in $missing; do
			path=$(ldconfig -p | awk -v name="$library" '$1 == name {print $NF; exit}')
			[ -n "$path" ] || continue
			cp -L "$path" "$folder/lib/$library"
			copied=1
		done
		[ "$copied" = 1 ] || break
	done
}

prepare() {
	mkdir -p "$folder/usr/lib/postgresql" "$folder/usr/share/postgresql" "$folder/source"
	cp -a "/usr/lib/postgresql/$old_major" "$folder/usr/lib/postgresql/"
	cp -a "/usr/share/postgresql/$old_major" "$folder/usr/share/postgresql/"
	cp -a "$tree/usr/lib/postgresql/$new_major" "$folder/usr/lib/postgresql/"
	cp -a "$tree/usr/share/postgresql/$new_major" "$folder/usr/share/postgresql/"
	cp -R "$top/src" "$top/sql" "$top/Makefile" "$top/neon_migrate.control" "$folder/source/"
	find "$folder/source" -name '*.o' -exec rm -f {} +
	make -s -C "$folder/source" PG_CONFIG="/usr/lib/postgresql/$old_major/bin/pg_config" with_llvm=no \
		DESTDIR="$folder" install
	make -s -C "$folder/source" PG_CONFIG="/usr/lib/postgresql/$old_major/bin/pg_config" with_llvm=no clean
	chroot "$tree" make -s -C "$inside/source" PG_CONFIG="/usr/lib/postgresql/$new_major/bin/pg_config" with_llvm=no \
		DESTDIR="$inside" install
	copy_libraries
	chroot "$tree" chown -R postgres: "$inside"
	chmod 755 "$folder"
}
prepare >"$log" 2>&1 || give_up "PostgreSQL $old_major is copied and the extension built for both"
in_tree "$old_bin/postgres" --version >"$log" 2>&1 || give_up "PostgreSQL $old_major runs in the tree"

# make_server DATA BIN: by initdb; all of them alike
make_server() {
	in_tree "$2/initdb" -D "$inside/$1" -U postgres -A trust -E UTF8 --locale=C --no-sync
	printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$inside'" "fsync = off" "jit = off" \
		>>"$folder/$1/postgresql.conf"
}

# start DATA BIN PORT, stop DATA BIN: servers, reached by their port's socket
start() {
	in_tree "$2/pg_ctl" -D "$inside/$1" -l "$inside/$1.log" -o "-p $3" -w -s start
	PGPORT=$3
	export PGPORT
}
stop() { in_tree "$2/pg_ctl" -D "$inside/$1" -m fast -w -s stop; }

# sql DATABASE STATEMENT: what it answers
sql() { in_tree "$new_bin/psql" -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "$2" 2>&1; }

status() { sql "$1" "SELECT version, description, state, has_down, transactional, depends_on, applied_at, checksum FROM ${2:-public}.migrate_status"; }
history() { sql "$1" "SELECT * FROM ${2:-public}.migrate_history"; }
records() { sql "$1" "SELECT s.id, s.ran_at, s.run_by, s.command, s.statement, o.type, o.identity FROM migrate_guard_statement AS s JOIN migrate_guard_object AS o ON o.statement_id = s.id ORDER BY 1, 7"; }
head_of() { sql "$1" "SELECT entry_hash FROM ${2:-public}.migrate_history ORDER BY seq DESC LIMIT 1"; }
problems() { sql "$1" "SELECT subject || ': ' || detail FROM ${3:-public}.migrate_verify('$2') WHERE NOT ok AND subject <> 'schema'"; }

#
# Databases to upgrade
#
# shop:  the examples; by a superuser
# joes:  by an owner who is no superuser, with the right to migrate passed on
# own:   the same, with the extension in a schema of the owner's
#

apply_shop() {
	if ! ls "$top"/examples/shop/*.sql >/dev/null 2>&1; then
		sql shop "SELECT migrate_apply('2024' || i, 'CREATE TABLE t' || i || ' (id int)', 'DROP TABLE t' || i) FROM generate_series(1, 20) AS i"
		return
	fi
	for file in "$top"/examples/shop/*.sql; do
		version=$(basename "$file" .sql)
		split_migration "$file" "$folder/m"
		in_tree env NM_UP="$inside/m.up" NM_DOWN="$inside/m.down" "$new_bin/psql" -XAtq -v ON_ERROR_STOP=1 -d shop \
			-v version="${version%%_*}" -v description="$(echo "${version#*_}" | tr _ ' ')" <<-'SQL'
			\set up `cat "$NM_UP"`
			\set down `cat "$NM_DOWN"`
			SELECT migrate_apply(:'version', :'up', :'down', :'description');
		SQL
	done
}

populate() {
	sql postgres 'CREATE ROLE joe LOGIN' && sql postgres 'CREATE ROLE amy LOGIN' &&
		sql postgres 'CREATE DATABASE shop' && sql postgres 'CREATE DATABASE joes OWNER joe' &&
		sql postgres 'CREATE DATABASE own OWNER joe' && sql shop 'CREATE EXTENSION neon_migrate' && apply_shop &&
		sql shop "SELECT migrate_guard('record'); CREATE TABLE by_hand (id int PRIMARY KEY); SELECT migrate_guard('refuse')" &&
		sql shop "SELECT migrate_rollback(2); SELECT migrate_stamp('never run', 'SELECT 1', '', 'é ü'); SELECT migrate_apply('last', 'CREATE TABLE last_one (id int)', 'DROP TABLE last_one')" || return 1
	user=joe
	sql joes "CREATE EXTENSION neon_migrate; GRANT EXECUTE ON FUNCTION migrate_apply TO amy; GRANT CREATE ON SCHEMA public TO amy" &&
		sql joes "SELECT migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a'); SELECT migrate_apply('2', 'CREATE TABLE b (id int)', 'DROP TABLE b')" &&
		sql own "CREATE SCHEMA migrate; CREATE EXTENSION neon_migrate SCHEMA migrate; SELECT migrate.migrate_apply('1', 'CREATE TABLE a (id int)', 'DROP TABLE a')"
	populated=$?
	user=postgres
	return "$populated"
}

user=postgres
{ make_server old "$old_bin" && start old "$old_bin" 5415; } >"$log" 2>&1 || give_up "a server of PostgreSQL $old_major starts"
runs "PostgreSQL $old_major: migrated" populate
old_version=$(sql postgres 'SHOW server_version_num')
is "PostgreSQL $old_major: it is" "${old_version%????}" "$old_major"
for database in shop joes own; do
	schema=public
	[ $database != own ] || schema=migrate
	head_of $database $schema >"$folder/$database.head"
	status $database $schema >"$folder/$database.status"
	history $database $schema >"$folder/$database.history"
	is "PostgreSQL $old_major: $database is verified" "$(problems $database "$(cat "$folder/$database.head")" $schema)" ''
done

records shop >"$folder/shop.records"
is "PostgreSQL $old_major: DDL is recorded" "$(cut -d '|' -f 4,6,7 "$folder/shop.records")" 'CREATE TABLE|table|public.by_hand
CREATE TABLE|index|public.by_hand_pkey'

# checks LABEL MODE: all that must be so after an upgrade
checks() {
	label=$1
	is "$label: the mode of the guard" "$(sql shop 'SELECT migrate_guard()')" "$2"
	is "$label: what it has recorded" "$(records shop)" "$(cat "$folder/shop.records")"
	[ "$2" = refuse ] || is "$label: the guard is set again" "$(sql shop "SELECT migrate_guard('refuse')")" changed
	is "$label: DDL outside of migrations is refused" \
		"$(sql shop 'DROP TABLE by_hand' | sed -n 's/^ERROR:  //p')" 'DROP TABLE is refused outside of migrations'
	is "$label: or passes and is recorded" "$(sql shop "SET neon_migrate.guard_bypass = on; DROP TABLE by_hand;
		SELECT count(*), max(command) FROM migrate_ddl")" '2|DROP TABLE'
	new_version=$(sql postgres 'SHOW server_version_num')
	is "$label: it is PostgreSQL $new_major" "${new_version%????}" "$new_major"
	for database in shop joes own; do
		schema=public
		[ $database != own ] || schema=migrate
		is "$label: $database is verified, with the old head" \
			"$(problems $database "$(cat "$folder/$database.head")" $schema)" ''
		is "$label: $database has the same status" "$(status $database $schema)" "$(cat "$folder/$database.status")"
		is "$label: $database has the same history" "$(history $database $schema)" "$(cat "$folder/$database.history")"
	done

	# the checksums of the new major are those of the old one
	is "$label: nothing is new to the ledger" "$(sql shop "SELECT DISTINCT migrate_apply(version, up_sql, down_sql)
		FROM (SELECT DISTINCT ON (version) * FROM migrate_ledger ORDER BY version, seq DESC) AS l
		WHERE applied_seq IS NOT NULL")" unchanged
	rolled_back=$(sql shop 'SELECT count(*) FROM migrate_rollback(3)')
	is "$label: rolls back" "$(echo "$rolled_back" | tail -n 1)" 3
	is "$label: drift begins anew" "$(echo "$rolled_back" | sed -n 's/^WARNING:  //p')" 'drift is tracked anew from here on'
	is "$label: redoes" "$(sql shop "SELECT migrate_redo(version) FROM migrate_status
		WHERE state = 'applied' AND has_down ORDER BY applied_at DESC LIMIT 1")" redone
	is "$label: applies" \
		"$(sql shop "SELECT migrate_apply('next', 'CREATE TABLE next_one (id int)', 'DROP TABLE next_one')")" applied
	is "$label: what is applied with other SQL is refused" \
		"$(sql shop "SELECT migrate_apply('next', 'CREATE TABLE other (id int)')" | sed -n 's/^ERROR:  //p')" \
		'migration "next" is already applied with different SQL'
	is "$label: verified at the end" "$(problems shop "$(head_of shop)")" ''

	[ "$label" != dump ] || todo="the rights of whoever created the extension are not in a dump"
	user=joe
	is "$label: the owner of a database goes on" \
		"$(sql joes "SELECT migrate_rollback() || ' ' || migrate_apply('3', 'CREATE TABLE c (id int)', 'DROP TABLE c')" | tail -n 1)" \
		'2 applied'
	user=amy
	is "$label: so do those whom he has let" \
		"$(sql joes "SELECT migrate_apply('4', 'CREATE TABLE d (id int)', 'DROP TABLE d')")" applied
	user=postgres
	todo=
}

#
# pg_dumpall and psql
#

runs "dump: pg_dumpall of PostgreSQL $new_major" in_tree "$new_bin/pg_dumpall" -f "$inside/all.sql"
{ make_server dumped "$new_bin" && start dumped "$new_bin" 5417; } >"$log" 2>&1 || give_up "a server of PostgreSQL $new_major starts"
runs 'dump: restored' in_tree "$new_bin/psql" -Xq -d postgres -f "$inside/all.sql"
todo='see below: the grants of the owner'
is 'dump: no error but that the bootstrap superuser is there' \
	"$(grep ERROR "$log" | sed 's/.*ERROR: *//')" 'role "postgres" already exists'
todo=
checks dump off
stop dumped "$new_bin"

#
# pg_upgrade
#

PGPORT=5415
stop old "$old_bin"
make_server upgraded "$new_bin" >"$log" 2>&1 || give_up "a cluster of PostgreSQL $new_major is made"
runs 'pg_upgrade: --check' in_tree "$new_bin/pg_upgrade" --check -b "$old_bin" -B "$new_bin" \
	-d "$inside/old" -D "$inside/upgraded" -U postgres -s "$inside"
runs 'pg_upgrade: upgraded' in_tree "$new_bin/pg_upgrade" -b "$old_bin" -B "$new_bin" \
	-d "$inside/old" -D "$inside/upgraded" -U postgres -s "$inside"
start upgraded "$new_bin" 5418 >"$log" 2>&1 || give_up 'pg_upgrade: the upgraded server starts'
checks pg_upgrade refuse
stop upgraded "$new_bin"

echo "1..$tests"
[ "$failures" = 0 ]
