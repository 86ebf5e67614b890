#!/bin/sh
# chroot.sh: keeps a Debian folder tree with another PostgreSQL major in it.
#
#   sh test/chroot.sh SUITE MAJOR      e.g. trixie 17; prints the folder
#
# Needs root.  The tree is made once, under $NEON_MIGRATE_CHROOTS (default
# /var/cache/neon_migrate/chroots), and is used again by later runs; the file
# ".ready" in it is written last, so a tree whose making was interrupted is
# made again from the start.  It shares the network with the host: a server
# in it answers on 127.0.0.1.
set -eu

base=${NEON_MIGRATE_CHROOTS:-/var/cache/neon_migrate/chroots}

say() { printf '%s\n' "$*" >&2; }

# where this machine's own apt has security updates from
security() {
	found=$({
		awk '/^URIs:.*debian-security/ {print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
		cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
			awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /:\/\/.*debian-security\/?$/) {print $i; exit}}'
	} | head -n 1)
	echo "${found:-http://deb.debian.org/debian-security}"
}

# the mirror this machine's own apt uses for Debian itself
mirror() {
	{
		awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true
		cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
			awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /:\/\/.*debian\/?$/) {print $i; exit}}'
	} | head -n 1
}

# what ".ready" says: change it to have trees made anew
finished() { echo "$1 with security updates"; }

mount_proc() {
	mkdir -p "$root/proc" "$root/dev/shm"
	mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
	chmod 1777 "$root/dev/shm"
}

make_tree() {
	url=$(mirror)
	[ -n "$url" ] || { say "chroot.sh: found no Debian mirror in this machine's apt sources"; return 1; }
	command -v debootstrap >/dev/null ||
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap
	if mountpoint -q "$root/proc"; then umount "$root/proc"; fi
	rm -rf "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$suite" "$root" "$url"
	cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	mkdir -p "$root/etc/postgresql-common"
	echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
	mount_proc
	# sid's Release file may be past its date; its signature is still checked
	valid=
	[ "$suite" = sid ] || echo "deb $(security) $suite-security main" >"$root/etc/apt/sources.list.d/security.list"
	[ "$suite" = sid ] && valid='-o Acquire::Check-Valid-Until=false'
	chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -ec "
		apt-get $valid update
		apt-get install -y --no-install-recommends \
			postgresql-$major postgresql-server-dev-$major make gcc libipc-run-perl
		apt-get clean"
	finished "$major" >"$root/.ready"
}

# "--make" is this script calling itself, so that set -e holds inside make_tree
if [ "$1" = --make ]; then
	suite=$2 major=$3 root=$base/$2
	make_tree
	exit
fi

suite=$1 major=$2 root=$base/$1 log=$base/$1.log
mkdir -p "$base"
if [ "$(cat "$root/.ready" 2>/dev/null)" != "$(finished "$major")" ]; then
	say "making a Debian $suite tree with PostgreSQL $major in $root (once; log: $log)"
	sh "$0" --make "$suite" "$major" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		say "chroot.sh: could not make $root"
		exit 1
	}
fi
mount_proc
printf '%s\n' "$root"
