/*
 * guard_log.h
 *	  What is recorded of DDL that was run outside of migrations.
 */
#ifndef NEON_MIGRATE_GUARD_LOG_H
#define NEON_MIGRATE_GUARD_LOG_H

#include "datatype/timestamp.h"

/*
 * The tables, by OID.  They are in the schema that the extension is in.
 */
typedef struct GuardLog
{
	Oid			mode_table;
	Oid			statement_table;
	Oid			object_table;
	Oid			sequence;
} GuardLog;

/*
 * An object that a statement changed.  Type and identity are as
 * pg_identify_object() says them.
 */
typedef struct GuardObject
{
	char	   *type;
	char	   *identity;
	const char *command;
	bool		dropped;		/* there is no object of this name any more */
	bool		temporary;
} GuardObject;

/*
 * A statement that was recorded.  What is not known is NULL.
 */
typedef struct GuardStatement
{
	int64		id;
	TimestampTz ran_at;
	char	   *run_by;			/* user of the session */
	char	   *role;			/* whose rights it ran with */
	char	   *client;
	char	   *application;
	int32		pid;
	char	   *command;		/* its tag */
	char	   *statement;		/* as the client sent it, without secrets */
	char	   *inner_statement;	/* the one in a function that it ran, if so */
	bool		bypassed;		/* run although DDL was refused */
	bool		of_whole;		/* of guard_log_latest() */
} GuardStatement;

/*
 * A change of the mode.
 */
typedef struct GuardChange
{
	char	   *mode;
	TimestampTz set_at;
	char	   *set_by;
} GuardChange;

extern bool guard_log_open(Oid schema, GuardLog *log);
extern int64 guard_log_add_statement(const GuardLog *log, const GuardStatement *statement);
extern void guard_log_add_object(const GuardLog *log, int64 id, const GuardObject *object);
extern void guard_log_add_change(const GuardLog *log, const char *mode);
extern GuardChange *guard_log_last_change(const GuardLog *log);

/*
 * For drift: the latest statement recorded for the object, or NULL.  "schema"
 * is the one that the extension is in.
 */
extern GuardStatement *guard_log_latest(Oid schema, const char *kind, const char *identity);

#endif							/* NEON_MIGRATE_GUARD_LOG_H */
