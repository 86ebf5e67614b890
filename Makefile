# neon_migrate: schema migrations as a feature of the database
#
#   make [PG_CONFIG=...]       builds
#   make install [DESTDIR=...] installs
#   make installcheck          regression and isolation tests, on a running server
#
# The command-line client, neon_migrate, is built and installed with it.

PG_CONFIG ?= pg_config

EXTENSION = neon_migrate
MODULE_big = neon_migrate
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/formats/*.c)))
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

EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(srcdir)/neon_migrate.control)

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
installdirs-client:
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
uninstall: uninstall-client
uninstall-client:
	rm -f '$(DESTDIR)$(bindir)/$(CLIENT)'
.PHONY: install-client installdirs-client uninstall-client

# every object depends on every header: they are few, and never stale this way
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/formats/*.h)
