/*-------------------------------------------------------------------------
 *
 * write_database.c
 *	  Schemas, extensions, default privileges.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "generate/attached.h"
#include "generate/property.h"
#include "generate/write.h"

void
schema_make(SchemaPlan *plan, const DependNode *to)
{
	plan_add(plan, PLAN_MAKE, to, "CREATE SCHEMA %s", to->unit->identity);
	attached_write_unit(plan, PLAN_MAKE, to, "");
}

/*
 * Writes a new extension, in the version that the server has by default.
 */
void
extension_make(SchemaPlan *plan, const DependNode *to)
{
	plan_add(plan, PLAN_MAKE, to, "CREATE EXTENSION %s WITH SCHEMA %s", to->unit->identity,
			 prop_get(to->row->definition, "schema"));
}

/*
 * Writes default privileges; in the end, as they are not for what is made here.
 */
void
default_privileges_make(SchemaPlan *plan, const DependNode *to)
{
	attached_write_default_privileges(plan, PLAN_FINISH, to, "", to->row->definition);
}

void
default_privileges_change(SchemaPlan *plan, const DependNode *from, const DependNode *to)
{
	attached_write_default_privileges(plan, PLAN_FINISH, to, from->row->definition,
									  to->row->definition);
}
