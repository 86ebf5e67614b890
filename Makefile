# neon_migrate: schema migrations as a feature of the database
#
#   make [PG_CONFIG=...]       builds
#   make install [DESTDIR=...] installs
#   make installcheck          regression and isolation tests, on a running server
#
# The command-line client, neon_migrate, is built and installed with it, with a
# man page and completion for bash and zsh; bash_completion_dir=... and
# zsh_completion_dir=... say where that goes.

PG_CONFIG ?= pg_config

EXTENSION = neon_migrate
MODULE_big = neon_migrate
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/drift/*.c src/formats/*.c src/generate/*.c src/lint/*.c src/snapshot/*.c)))
DATA = $(wildcard sql/neon_migrate--*.sql)
PGFILEDESC = "neon_migrate - schema migrations as a feature of the database"

# The server's headers count as the system's, so that COPT="-Wall -Wextra
# -Werror" is about our code.
PG_CPPFLAGS = -I$(srcdir)/src -isystem $(shell $(PG_CONFIG) --includedir-server)

REGRESS = $(patsubst $(srcdir)/test/sql/%.sql,%,$(sort $(wildcard $(srcdir)/test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(srcdir)/test
ISOLATION = $(patsubst $(srcdir)/test/specs/%.spec,%,$(sort $(wildcard $(srcdir)/test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(srcdir)/test --outputdir=.

CLIENT = neon_migrate$(X)
CLIENT_OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/cli/*.c)))

EXTRA_CLEAN = results output_iso tmp_check tmp_check_iso log $(CLIENT) $(CLIENT_OBJS)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Our functions call each other, whatever libraries the server has loaded that
# have some of the same name (libsasl2 has a prop_get).
ifneq ($(PORTNAME),darwin)
override LDFLAGS_SL += -Wl,-Bsymbolic
endif

EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(srcdir)/neon_migrate.control)

# Where shells look, beside the "postgresql" that PostgreSQL puts into its own
# path; Debian's zsh has a folder of its own for packages.
share := $(shell $(PG_CONFIG) --sharedir | sed 's|/postgresql\(/[0-9.]*\)\{0,1\}$$||')
bash_completion_dir ?= $(share)/bash-completion/completions
zsh_completion_dir ?= $(firstword $(wildcard $(share)/zsh/vendor-completions) $(share)/zsh/site-functions)

all: $(CLIENT)

$(CLIENT): $(CLIENT_OBJS)
	$(CC) $(CFLAGS) $(CLIENT_OBJS) $(LDFLAGS) $(LDFLAGS_EX) -L$(pkglibdir) \
		-lpgfeutils -lpgcommon -lpgport $(libpq) $(filter -lcrypto -lm, $(LIBS)) -o $@

$(CLIENT_OBJS): override CPPFLAGS := -DFRONTEND -DNEON_MIGRATE_VERSION='"$(EXTVERSION)"' \
	-I$(srcdir)/src/cli -isystem $(shell $(PG_CONFIG) --includedir) \
	-isystem $(shell $(PG_CONFIG) --includedir)/internal \
	-isystem $(shell $(PG_CONFIG) --pkgincludedir)/internal $(CPPFLAGS)
$(CLIENT_OBJS): $(wildcard $(srcdir)/src/cli/*.h)

install: install-client
install-client: $(CLIENT) installdirs-client
	$(INSTALL_PROGRAM) $(CLIENT) '$(DESTDIR)$(bindir)/$(CLIENT)'
	$(INSTALL_DATA) $(srcdir)/docs/neon_migrate.1 '$(DESTDIR)$(mandir)/man1/neon_migrate.1'
	$(INSTALL_DATA) $(srcdir)/completion/neon_migrate.bash '$(DESTDIR)$(bash_completion_dir)/neon_migrate'
	$(INSTALL_DATA) $(srcdir)/completion/_neon_migrate '$(DESTDIR)$(zsh_completion_dir)/_neon_migrate'
installdirs-client:
	$(MKDIR_P) '$(DESTDIR)$(bindir)' '$(DESTDIR)$(mandir)/man1' \
		'$(DESTDIR)$(bash_completion_dir)' '$(DESTDIR)$(zsh_completion_dir)'
uninstall: uninstall-client
uninstall-client:
	rm -f '$(DESTDIR)$(bindir)/$(CLIENT)' '$(DESTDIR)$(mandir)/man1/neon_migrate.1' \
		'$(DESTDIR)$(bash_completion_dir)/neon_migrate' '$(DESTDIR)$(zsh_completion_dir)/_neon_migrate'
.PHONY: install-client installdirs-client uninstall-client

# every object depends on every header: they are few, and never stale this way
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/drift/*.h $(srcdir)/src/formats/*.h \
	$(srcdir)/src/generate/*.h $(srcdir)/src/lint/*.h $(srcdir)/src/snapshot/*.h)
