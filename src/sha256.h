/*
 * sha256.h
 *	  SHA-256 over bytes and texts.
 */
#ifndef NEON_MIGRATE_SHA256_H
#define NEON_MIGRATE_SHA256_H

#include "common/cryptohash.h"
#include "common/sha2.h"

extern pg_cryptohash_ctx *sha256_start(void);
extern void sha256_add(pg_cryptohash_ctx *hash, const void *bytes, size_t length);
extern bytea *sha256_finish(pg_cryptohash_ctx *hash);
extern const char *sha256_utf8(Datum value, size_t *length);

#endif							/* NEON_MIGRATE_SHA256_H */
