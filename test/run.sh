#!/bin/sh
# run.sh: all tests, as CI runs them.
#
#   sh test/run.sh              everything
#   sh test/run.sh PART...      some of: source warnings regress quickstart tap majors upgrade,
#                               and of those that are not in everything: assert
#
# Installs what it needs with apt-get, so it wants root (or sudo) on Debian 12.
# Servers run as user postgres in folders of their own.  The trees with other
# majors are kept for the next run; see test/chroot.sh.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "run.sh: run this as root, or install sudo." >&2; exit 1; }
	exec sudo -E sh "$0" "$@"
fi
. "$top/test/server.sh"

parts=${*:-source warnings regress quickstart tap majors upgrade}
work=$(mktemp -d /tmp/neon_migrate_test.XXXXXX)
chmod 755 "$work"
passed=0 failed=0 skipped=0
servers=

clean_up() {
	for entry in $servers; do
		root=${entry%%:*}
		as_server_user sh -c "kill -QUIT \$(head -n 1 ${entry#*:}/data/postmaster.pid)" 2>/dev/null || true
		rm -rf "$root${entry#*:}"
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

wants() { case " $parts " in *" $1 "*) true ;; *) false ;; esac; }

# result NAME COUNT ok|not-ok SECONDS
result() {
	if [ "$3" = ok ]; then
		passed=$((passed + $2))
		printf '%sok%s      %-38s %4d  %s%4d s%s\n' "$green" "$plain" "$1" "$2" "$dim" "$4" "$plain"
	else
		failed=$((failed + $2))
		printf '%sFAILED%s  %-38s %4d  %s%4d s%s\n' "$red" "$plain" "$1" "$2" "$dim" "$4" "$plain"
	fi
}

# check NAME COMMAND...: one test that is a command
check() {
	name=$1
	shift
	begin=$(date +%s)
	if "$@" >"$work/log" 2>&1; then
		result "$name" 1 ok $(($(date +%s) - begin))
	else
		result "$name" 1 not-ok $(($(date +%s) - begin))
		tail -n 60 "$work/log"
	fi
}

# A copy of the tree, as git would hand it out, for user postgres.
copy_tree() {
	rm -rf "$1"
	mkdir -p "$1"
	if git -c safe.directory="$top" -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		(cd "$top" && git -c safe.directory="$top" ls-files -co --exclude-standard -z |
			xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' sh |
			tar -c --null -T - -f -) | tar -x -C "$1" -f -
	else
		cp -r "$top/." "$1"
		# what was built here, maybe for another major
		find "$1" -name '*.o' -exec rm -f {} + -o -name '*.so' -exec rm -f {} + -o -name '*.bc' -exec rm -f {} +
	fi
	chown -R "${2:-postgres}" "$1"
}

#
# The parts
#

source_checks() {
	! grep -ln PG_VERSION_NUM src/*.[ch] src/*/*.[ch] | grep -v 'src/compat.h' || return 1
	wc -l src/*.[ch] src/*/*.[ch] | awk '$2 != "total" && $1 > 600 {print "too long: " $2; bad = 1} END {exit bad}' || return 1
	! grep -n '[[:space:]]$' src/*.[ch] src/*/*.[ch] sql/*.sql test/*.sh examples/*.sh || return 1
	# a script is whole: guard line first, every function has its comment
	for script in sql/*.sql; do
		grep -q '^\\echo Use ' "$script" || { echo "$script has no guard"; return 1; }
	done
	bash -n completion/neon_migrate.bash || return 1
	! command -v zsh >/dev/null || zsh -n completion/_neon_migrate || return 1
	! command -v mandoc >/dev/null || mandoc -T lint -W warning docs/neon_migrate.1 || return 1
	sh -n test/run.sh && sh -n test/server.sh && sh -n test/chroot.sh && sh -n examples/quickstart.sh
}

warnings() {
	copy_tree "$work/warnings" root
	extra=
	[ "$1" = clang ] && extra='-Wno-unknown-warning-option -Wno-ignored-optimization-argument'
	make -s -C "$work/warnings" PG_CONFIG="$pg_config" with_llvm=no CC="$1" \
		COPT="-Wall -Wextra -Werror $extra"
}

# destdir: a packager's build
destdir() {
	copy_tree "$work/package" root
	make -s -C "$work/package" PG_CONFIG="$pg_config" with_llvm=no &&
		make -s -C "$work/package" PG_CONFIG="$pg_config" with_llvm=no DESTDIR="$work/dest" install &&
		test -f "$work/dest$("$pg_config" --pkglibdir)/neon_migrate.so" &&
		test -f "$work/dest$("$pg_config" --sharedir)/extension/neon_migrate.control" &&
		test -x "$work/dest$("$pg_config" --bindir)/neon_migrate" &&
		test -f "$work/dest$("$pg_config" --mandir)/man1/neon_migrate.1" &&
		[ "$(find "$work/dest" -path '*/bash-completion/completions/neon_migrate' -o -path '*/zsh/*/_neon_migrate' | wc -l)" = 2 ] &&
		make -s -C "$work/package" PG_CONFIG="$pg_config" with_llvm=no DESTDIR="$work/dest" uninstall &&
		[ -z "$(find "$work/dest" -type f)" ] &&
		make -s -C "$work/package" PG_CONFIG="$pg_config" with_llvm=no clean &&
		! ls "$work/package"/src/*.o 2>/dev/null
}

# suites LABEL ROOT PG_CONFIG: builds, installs and runs the regression and
# the isolation tests in a root (empty: here)
suites() {
	label=$1 root=$2 pg_config=$3
	tree=/tmp/neon_migrate_suites.$$
	begin=$(date +%s)
	copy_tree "$root$tree" root
	chroot_sh="sh -ec"
	[ -z "$root" ] || chroot_sh="chroot $root sh -ec"
	if ! $chroot_sh "cd $tree && make -s PG_CONFIG=$pg_config with_llvm=no COPT='-Wall -Wextra -Werror' install" >"$work/log" 2>&1; then
		result "build $label" 1 not-ok $(($(date +%s) - begin))
		tail -n 40 "$work/log"
		rm -rf "$root$tree"
		return
	fi
	result "build $label, no warnings" 1 ok $(($(date +%s) - begin))
	$chroot_sh "chown -R postgres $tree"
	bindir=$(dirname "$pg_config")
	folder=/tmp/neon_migrate_server.$$.$label
	servers="$servers $root:$folder"
	$chroot_sh "mkdir -p $folder && chown postgres $folder"
	start_server "$folder" -c fsync=off -c max_prepared_transactions=10

	begin=$(date +%s)
	as_server_user env PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" PGPASSWORD="$PGPASSWORD" \
		make -k -C "$tree" PG_CONFIG="$pg_config" with_llvm=no installcheck >"$work/log" 2>&1
	status=$?
	good=$(grep -cE '^(ok |test .*\.\.\. +ok)' "$work/log")
	bad=$(grep -cE '^(not ok |test .*\.\.\. +FAILED)' "$work/log")
	[ "$status" = 0 ] && [ "$bad" = 0 ] && [ "$good" -gt 0 ] || bad=$((bad > 0 ? bad : 1))
	result "regression and isolation, $label" "$good" ok $(($(date +%s) - begin))
	if [ "$bad" -gt 0 ]; then
		result "regression and isolation, $label" "$bad" not-ok $(($(date +%s) - begin))
		tail -n 40 "$work/log"
		for diffs in "$root$tree"/regression.diffs "$root$tree"/output_iso/regression.diffs; do
			[ ! -f "$diffs" ] || head -n 150 "$diffs"
		done
	fi
	if grep -q 'TRAP:\|PANIC:\|terminated by signal' "$root$folder/log"; then
		result "no crash in the log, $label" 1 not-ok 0
		grep -m 5 'TRAP:\|PANIC:\|terminated by signal' "$root$folder/log"
	else
		result "no crash in the log, $label" 1 ok 0
	fi
	as_server_user "$bindir/pg_ctl" -D "$folder/data" -m fast -s stop
	rm -rf "$root$folder" "$root$tree"
}

quickstart() {
	NEON_MIGRATE_QUICKSTART=$work/quickstart
	export NEON_MIGRATE_QUICKSTART
	sh examples/quickstart.sh >"$work/quickstart.out" 2>&1 || { cat "$work/quickstart.out"; return 1; }
	cat "$work/quickstart.out"
	applied=$(($(ls examples/shop/*.sql | wc -l) + 3))	# it applies two of them again, and one more
	[ "$(grep -c '^applied  *20' "$work/quickstart.out")" = "$applied" ] || { echo "not $applied applied"; return 1; }
	grep -q 'where: migration "20990101000000", statement 2' "$work/quickstart.out" || return 1
	! grep -E '^ [a-z ]+ \| f \|' "$work/quickstart.out" || return 1
	sh examples/quickstart.sh stop && [ ! -e "$work/quickstart" ]
}

tap() {
	copy_tree "$work/tap"
	begin=$(date +%s)
	pkglibdir=$("$pg_config" --pkglibdir)
	as_server_user sh -c "cd '$work/tap' && mkdir -p tmp_check &&
		TESTDIR='$work/tap' PATH='$("$pg_config" --bindir)':\$PATH PGPORT=65432 \
		PG_REGRESS='$pkglibdir/pgxs/src/test/regress/pg_regress' \
		PERL5LIB='$pkglibdir/pgxs/src/test/perl' \
		prove -I test/t test/t/*.pl" >"$work/log" 2>&1
	status=$?
	count=$(sed -n 's/^Files=[0-9]*, Tests=\([0-9]*\),.*/\1/p' "$work/log")
	if [ "$status" = 0 ] && [ "${count:-0}" -gt 0 ]; then
		result "TAP" "$count" ok $(($(date +%s) - begin))
		skips=$(grep -c '\.\. skipped' "$work/log")
		skipped=$((skipped + skips))
		grep '\.\. skipped' "$work/log"
	else
		result "TAP" 1 not-ok $(($(date +%s) - begin))
		tail -n 80 "$work/log"
	fi
}

cd "$top" || exit 1
title "neon_migrate's tests"
install_packages make gcc libc6-dev clang postgresql-15 postgresql-server-dev-15 libipc-run-perl \
	pgbouncer debootstrap git
PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
need_postgres
host_pg_config=$pg_config

if wants source; then check "source rules" source_checks; fi
if wants warnings; then
	check "no warnings from gcc" warnings gcc
	check "no warnings from clang" warnings clang
	check "make install DESTDIR, make clean" destdir
fi
if wants regress; then suites 15 "" "$host_pg_config"; fi
if wants tap || wants quickstart || wants upgrade; then
	find_postgres
	copy_tree "$work/build" root
	check "make install" make -s -C "$work/build" PG_CONFIG="$host_pg_config" with_llvm=no install
fi
if wants quickstart; then check "examples/quickstart.sh" quickstart; fi
if wants tap; then root='' && tap; fi
if wants majors; then
	for suite in "trixie 17" "sid 18"; do
		set -- $suite
		if tree_root=$(sh test/chroot.sh "$1" "$2"); then
			suites "$2" "$tree_root" "/usr/lib/postgresql/$2/bin/pg_config"
		elif [ -n "${CI:-}" ]; then
			result "PostgreSQL $2 in a Debian $1 tree" 1 not-ok 0
		else
			skipped=$((skipped + 1))
			printf '%sSKIPPED: PostgreSQL %s, for its Debian %s tree could not be made%s\n' "$red" "$2" "$1" "$plain"
		fi
	done
	root=''
fi
if wants assert; then
	if assert_pg_config=$(sh test/assert.sh); then
		suites assert15 "" "$assert_pg_config"
	else
		result "PostgreSQL 15 with assertions" 1 not-ok 0
	fi
fi
if wants upgrade && [ -f test/upgrade.sh ]; then check "dump and pg_upgrade from 15 to 17" sh test/upgrade.sh; fi

echo
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
