#!/bin/sh
# assert.sh: keeps a PostgreSQL 15 built with assertions; prints its pg_config.
#
# Needs root, and Debian's package archive for the source.  Built once, under
# $NEON_MIGRATE_ASSERT (default /var/cache/neon_migrate/assert15).
set -eu

prefix=${NEON_MIGRATE_ASSERT:-/var/cache/neon_migrate/assert15}
log=$prefix.log

say() { printf '%s\n' "$*" >&2; }

# apt-get, with the source packages of this machine's own Debian mirrors
apt_source() {
	apt-get -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$work/lists" -o APT::Sandbox::User=root "$@"
}

build() {
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir "$work/lists"
	awk '/^URIs:/ {uri = $2} /^Suites:/ {for (i = 2; i <= NF; i++)
		print "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]", uri, $i, "main"}' \
		/etc/apt/sources.list.d/debian.sources >"$work/sources.list"
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		make gcc libc6-dev zlib1g-dev libssl-dev libipc-run-perl bzip2 dpkg-dev
	apt_source update
	cd "$work"
	# the newest version that the mirror really has
	for version in $(apt-cache -o Dir::Etc::sourcelist="$work/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" showsrc postgresql-15 |
		sed -n 's/^Version: //p' | sort -rV); do
		apt_source source --download-only "postgresql-15=$version" && break
	done
	tar xf postgresql-15_*.orig.tar.*
	cd postgresql-15*/
	./configure --prefix="$prefix" --enable-cassert --enable-debug --enable-tap-tests \
		--without-icu --without-readline --with-openssl CPPFLAGS=-DUSE_VALGRIND
	make -s -j2 world-bin
	make -s install-world-bin
	touch "$prefix/.ready"
}

# "--build" is this script calling itself, so that set -e holds inside build
if [ "${1:-}" = --build ]; then
	build
	exit
fi

mkdir -p "$(dirname "$prefix")"
if [ ! -f "$prefix/.ready" ]; then
	say "building PostgreSQL 15 with assertions in $prefix (once; log: $log)"
	sh "$0" --build >"$log" 2>&1 || { tail -n 20 "$log" >&2; say "assert.sh: could not build it"; exit 1; }
fi
printf '%s\n' "$prefix/bin/pg_config"
