/*-------------------------------------------------------------------------
 *
 * neon_migrate.c
 *	  Wiring: what happens when the library is loaded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "drift/statement.h"
#include "drift/touched.h"
#include "session.h"
#include "settings.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	settings_init();
	session_init();
	touched_init();
	statement_init();
}
