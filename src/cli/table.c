/*-------------------------------------------------------------------------
 *
 * table.c
 *	  Shows rows to a person, as psql does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "fe_utils/print.h"
#include "mb/pg_wchar.h"

#include "table.h"

/*
 * Prints the rows to the standard output.
 */
void
table_print(const PGresult *result)
{
	printQueryOpt options = {
		.topt = {
			.format = PRINT_ALIGNED,
			.border = 1,
			.start_table = true,
			.stop_table = true,
			.encoding = PG_UTF8,
		},
	};

	printQuery(result, &options, stdout, false, NULL);
	fflush(stdout);
}
