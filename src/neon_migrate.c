/*-------------------------------------------------------------------------
 *
 * neon_migrate.c
 *	  Wiring: what happens when the library is loaded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "guard_statement.h"
#include "session.h"
#include "settings.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	settings_init();
	session_init();
	guard_statement_init();
}
