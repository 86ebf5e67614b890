/*
 * dotenv.h
 *	  Reads environment variables from a file.
 */
#ifndef NEON_MIGRATE_DOTENV_H
#define NEON_MIGRATE_DOTENV_H

extern void dotenv_load(const char *path);

#endif							/* NEON_MIGRATE_DOTENV_H */
