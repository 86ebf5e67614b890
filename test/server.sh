# server.sh: what examples/quickstart.sh and test/run.sh need of the machine.
#
# To be sourced.  Finds PostgreSQL (or gets it from the package manager), and
# makes throw-away servers: each in a folder of its own, on a free port of
# 127.0.0.1, run by a user who is not root.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m')
	dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
	bold='' red='' green='' dim='' plain=''
fi

title() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }
fail() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# Runs a command as root; fails if that cannot be had.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# The user who runs servers: ourselves, unless we are root.
server_user() {
	if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi
}

# Runs a command as the server's user, in a folder that he can read; inside
# the tree $root, if that is set.
as_server_user() {
	if [ "$(id -u)" != 0 ]; then
		(cd / && exec "$@")
	elif [ -n "${root:-}" ]; then
		chroot "$root" runuser -u postgres -- "$@"
	else
		(cd / && exec runuser -u postgres -- "$@")
	fi
}

# Sets pg_config to one whose server can be run and built against, if any:
# $PG_CONFIG, or that in the PATH, or the newest of Debian's.
find_postgres() {
	pg_config=
	for candidate in ${PG_CONFIG:-} "$(command -v pg_config || true)" \
		$(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -t/ -k5,5nr); do
		[ -n "$candidate" ] && "$candidate" --version >/dev/null 2>&1 || continue
		bindir=$("$candidate" --bindir)
		if [ -x "$bindir/initdb" ] && [ -x "$bindir/psql" ] && [ -f "$("$candidate" --pgxs)" ]; then
			pg_config=$candidate
			return 0
		fi
	done
	return 1
}

# Installs packages that are not there yet.
install_packages() {
	missing=
	for package; do
		dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	can_be_root || fail "Missing:$missing. Install them (or sudo) and run this again."
	note "installing$missing"
	packages_log=$(mktemp)
	{
		as_root apt-get update &&
			# shellcheck disable=SC2086
			as_root env DEBIAN_FRONTEND=noninteractive \
				apt-get install -y --no-install-recommends $missing
	} >"$packages_log" 2>&1 || { tail -n 20 "$packages_log" >&2; fail "apt-get could not install$missing"; }
	rm -f "$packages_log"
}

# Makes sure that there are a compiler, make and a PostgreSQL to build against.
need_postgres() {
	missing=
	command -v make >/dev/null || missing="$missing make"
	command -v cc >/dev/null || command -v gcc >/dev/null || missing="$missing gcc"
	find_postgres || missing="$missing PostgreSQL-server-and-its-server-development-files"
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null ||
		fail "Missing:$missing. Install them, or set PG_CONFIG to the pg_config of a PostgreSQL 14 to 18."
	can_be_root || fail "Missing:$missing. Install them, or run this as root or with sudo at hand."
	as_root apt-get update >/dev/null 2>&1 || true
	major=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
	install_packages make gcc libc6-dev "postgresql-${major:-15}" "postgresql-server-dev-${major:-15}"
	PG_CONFIG=/usr/lib/postgresql/${major:-15}/bin/pg_config
	find_postgres || fail "PostgreSQL ${major:-15} was installed, but $PG_CONFIG does not name a whole one."
}

# start_server FOLDER [OPTION...]: makes and starts a server in FOLDER with
# more postgres options.  Sets PGHOST, PGPORT, PGUSER and PGPASSWORD.
start_server() {
	folder=$1
	inside=${root:-}$folder
	shift
	mkdir -p "$inside"
	PGUSER=postgres PGHOST=127.0.0.1
	PGPASSWORD=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
	export PGUSER PGHOST PGPORT PGPASSWORD
	printf '%s\n' "$PGPASSWORD" >"$inside/password"
	if [ "$(id -u)" = 0 ]; then
		chown -R "$(as_server_user id -u)" "$inside"
	fi
	chmod 700 "$inside"
	as_server_user "$bindir/initdb" -D "$folder/data" -U postgres -E UTF8 --locale=C.UTF-8 \
		-A scram-sha-256 --pwfile="$folder/password" --no-sync >"$inside.initdb.log" 2>&1 ||
		{ cat "$inside.initdb.log" >&2; fail "initdb failed"; }
	rm -f "$inside.initdb.log"

	# a free port: the first on which a server comes up
	PGPORT=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
	for try in 1 2 3 4 5 6 7 8 9 10; do
		if as_server_user "$bindir/pg_ctl" -D "$folder/data" -l "$folder/log" -w -s \
			-o "-p $PGPORT -k $folder -c listen_addresses=127.0.0.1 $*" start >/dev/null 2>&1; then
			return 0
		fi
		grep -q 'could not bind\|Address already in use' "$inside/log" || break
		PGPORT=$((PGPORT + try))
	done
	cat "$inside/log" >&2
	fail "the server did not start"
}

# stop_server FOLDER: stops it and removes it.
stop_server() {
	as_server_user "$bindir/pg_ctl" -D "$1/data" -m immediate -s stop >/dev/null 2>&1 || true
	rm -rf "$1"
}

# split_migration FILE PREFIX: writes the parts of FILE after "-- migrate:up"
# and "-- migrate:down" to PREFIX.up and PREFIX.down.
split_migration() {
	awk -v prefix="$2" '
		/^-- migrate:up/   { part = prefix ".up"; printf "" >part; next }
		/^-- migrate:down/ { part = prefix ".down"; printf "" >part; next }
		part != ""         { print >part }' "$1"
}
