/*
 * family.h
 *	  The collectors, one for each family of catalogs.
 */
#ifndef NEON_MIGRATE_SNAPSHOT_FAMILY_H
#define NEON_MIGRATE_SNAPSHOT_FAMILY_H

#include "snapshot/collector.h"

/* relations: load first, then describe */
extern void load_relations(Collector *c);
extern void describe_relations(Collector *c);
extern void load_columns(Collector *c);
extern void describe_columns(Collector *c);
extern void property_columns(Collector *c, const RelationEntry *entry);
extern void describe_constraints(Collector *c);
extern void describe_domain_constraints(Collector *c, SchemaUnit *unit);
extern void load_indexes(Collector *c);
extern void describe_indexes(Collector *c);
extern void property_index(Collector *c, IndexEntry *index, const Oid *operators);
extern List *identity_sequences(Collector *c);
extern void load_sequences(Collector *c, List *oids);
extern void property_sequence(Collector *c, const RelationEntry *entry, const char *prefix);
extern void property_identity_sequence(Collector *c, const RelationEntry *sequence);
extern void describe_triggers(Collector *c);
extern void describe_rules(Collector *c);
extern void describe_policies(Collector *c);

extern void describe_routines(Collector *c);
extern void describe_types(Collector *c);
extern void describe_operators(Collector *c);
extern void describe_text_search(Collector *c);
extern void describe_foreign(Collector *c);
extern void describe_replication(Collector *c);
extern void describe_statistics(Collector *c);
extern void describe_database(Collector *c);

#endif							/* NEON_MIGRATE_SNAPSHOT_FAMILY_H */
