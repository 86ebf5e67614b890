/*
 * text_file.h
 *	  Reads a text from a file, or from the standard input.
 */
#ifndef NEON_MIGRATE_TEXT_FILE_H
#define NEON_MIGRATE_TEXT_FILE_H

extern char *text_file_read(const char *path, const char *hint);

#endif							/* NEON_MIGRATE_TEXT_FILE_H */
