# neon_migrate: schema migrations as a feature of the database
#
#   make [PG_CONFIG=...]       builds
#   make install [DESTDIR=...] installs
#   make installcheck          regression and isolation tests, on a running server

PG_CONFIG ?= pg_config

EXTENSION = neon_migrate
MODULE_big = neon_migrate
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
DATA = $(wildcard sql/neon_migrate--*.sql)
PGFILEDESC = "neon_migrate - schema migrations as a feature of the database"

# The server's headers count as the system's, so that COPT="-Wall -Wextra
# -Werror" is about our code.
PG_CPPFLAGS = -I$(srcdir)/src -isystem $(shell $(PG_CONFIG) --includedir-server)

REGRESS = $(patsubst $(srcdir)/test/sql/%.sql,%,$(sort $(wildcard $(srcdir)/test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(srcdir)/test
ISOLATION = $(patsubst $(srcdir)/test/specs/%.spec,%,$(sort $(wildcard $(srcdir)/test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(srcdir)/test --outputdir=.

EXTRA_CLEAN = results output_iso tmp_check tmp_check_iso log

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# every object depends on every header: they are few, and never stale this way
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/*/*.h)
