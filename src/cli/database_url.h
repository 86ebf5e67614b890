/*
 * database_url.h
 *	  Turns the URLs that other tools take into what libpq takes.
 */
#ifndef NEON_MIGRATE_DATABASE_URL_H
#define NEON_MIGRATE_DATABASE_URL_H

extern char *database_url_for_libpq(const char *url, const char *source);

#endif							/* NEON_MIGRATE_DATABASE_URL_H */
