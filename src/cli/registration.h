/*
 * registration.h
 *	  Brings the folder of migrations to the server.
 */
#ifndef NEON_MIGRATE_REGISTRATION_H
#define NEON_MIGRATE_REGISTRATION_H

#include "local_folder.h"
#include "server.h"

/*
 * How the folder and the database stand to each other, as the first round trip
 * tells.
 */
typedef struct Registration
{
	Folder		folder;
	bool		there;			/* there is a folder with files */
	bool		known;			/* the server knows all of it */
	uint8		checksum[CHECKSUM_LENGTH];
	PGresult   *health;			/* how things stood when the folder was registered */
	PGresult   *refusal;		/* why registration_ask() got no answer, or NULL */
} Registration;

extern Parameter registration_checksum(const Registration *registration);
extern void registration_read(Registration *registration, const Options *options, bool needed);
extern char *registration_question(const Registration *registration, const char *schema,
								   const char *columns);
extern void registration_start(Registration *registration, Server *server, const Options *options,
							   bool needed);
extern void registration_send_health(Registration *registration, Server *server);
extern bool registration_allowed(Server *server);
extern void registration_put(Registration *registration, Server *server, const Options *options,
							 bool begin);
extern bool registration_all_applied(const Server *server);
extern bool registration_is_busy(const Registration *registration);
extern PGresult *registration_ask(Registration *registration, Server *server, const Options *options,
								  const char *query);

#endif							/* NEON_MIGRATE_REGISTRATION_H */
