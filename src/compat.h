/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between the PostgreSQL majors that neon_migrate supports.
 *
 * This is the only file that looks at PG_VERSION_NUM.  The rest of the code
 * calls the names of the newest major, or a compat_ name where the signature
 * changed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NEON_MIGRATE_COMPAT_H
#define NEON_MIGRATE_COMPAT_H

#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#if PG_VERSION_NUM < 140000
#error "neon_migrate needs PostgreSQL 14 or later"
#endif

#define COMPAT_MAJOR (PG_VERSION_NUM / 10000)

/* the attribute that a server built by gcc uses is not known to clang */
#ifdef __clang__
#define compat_printf(format_at, arguments_at) \
	__attribute__((format(printf, format_at, arguments_at)))
#else
#define compat_printf(format_at, arguments_at) pg_attribute_printf(format_at, arguments_at)
#endif

/* 16 forbids to reset some */
#if PG_VERSION_NUM >= 160000
#define COMPAT_GUC_NO_RESET GUC_NO_RESET
#else
#define COMPAT_GUC_NO_RESET 0
#endif

/* 16 counts the settings in the same call */
#if PG_VERSION_NUM >= 160000
#define compat_get_guc_variables(count) get_guc_variables(count)
#else
#define compat_get_guc_variables(count) \
	(*(count) = GetNumConfigOptions(), get_guc_variables())
#endif

/* 16 has one function for the rights on all kinds of objects */
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_namespace.h"
#include "utils/acl.h"
#define compat_may_use_schema(schema) \
	(object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK)
#define compat_owns_schema(schema) \
	object_ownercheck(NamespaceRelationId, schema, GetUserId())
#include "catalog/pg_database.h"
#define compat_may_create_in_database() \
	(object_aclcheck(DatabaseRelationId, MyDatabaseId, GetUserId(), ACL_CREATE) == ACLCHECK_OK)
#else
#include "utils/acl.h"
#define compat_may_use_schema(schema) \
	(pg_namespace_aclcheck(schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK)
#define compat_owns_schema(schema) pg_namespace_ownercheck(schema, GetUserId())
#define compat_may_create_in_database() \
	(pg_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE) == ACLCHECK_OK)
#endif

/* 16 brought typed allocation */
#ifndef palloc0_array
#define palloc0_array(type, count) ((type *) palloc0(sizeof(type) * (count)))
#endif

/* 16 moved the VARDATA macros out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 15 brought periodic timeouts; before, one look after the interval has to do */
#if PG_VERSION_NUM >= 150000
#define compat_enable_timeout_every(id, ms) \
	enable_timeout_every(id, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms), ms)
#else
#define compat_enable_timeout_every(id, ms) enable_timeout_after(id, ms)
#endif

/* 18 dropped the run_once argument (commit 3eea7a0c97) */
#if PG_VERSION_NUM >= 180000
#define compat_ExecutorRun(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define compat_ExecutorRun(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/* 18 counts searches for EXPLAIN, if given a place (commit 0fbceae841) */
#if PG_VERSION_NUM >= 180000
#define compat_index_beginscan(table, index, snapshot, nkeys) \
	index_beginscan(table, index, snapshot, NULL, nkeys, 0)
#else
#define compat_index_beginscan(table, index, snapshot, nkeys) \
	index_beginscan(table, index, snapshot, nkeys, 0)
#endif

/* 15 made the values of constants nodes of their own kinds */
#include "nodes/parsenodes.h"
#if PG_VERSION_NUM >= 150000
#define compat_const_string(constant) \
	(!(constant)->isnull && IsA(&(constant)->val, String) ? strVal(&(constant)->val) : NULL)
#else
#define compat_const_string(constant) \
	((constant)->val.type == T_String ? strVal(&(constant)->val) : NULL)
#endif

/* 15 got random numbers of its own; returns one in [0, 1) */
#if PG_VERSION_NUM >= 150000
#include "common/pg_prng.h"
#define compat_random() pg_prng_double(&pg_global_prng_state)
#else
#define compat_random() ((double) random() / ((double) MAX_RANDOM_VALUE + 1))
#endif

/* 16 reports errors in names softly */
#include "utils/regproc.h"
#if PG_VERSION_NUM >= 160000
#define compat_name_list(name) stringToQualifiedNameList(name, NULL)
#else
#define compat_name_list(name) stringToQualifiedNameList(name)
#endif

/* and in types */
#include "parser/parse_type.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
static inline void
compat_parse_type(const char *name, Oid *type, int32 *typmod)
{
	ErrorSaveContext soft = {.type = T_ErrorSaveContext};

	if (!parseTypeString(name, type, typmod, (Node *) &soft))
		*type = InvalidOid;
}
#else
#define compat_parse_type(name, type, typmod) parseTypeString(name, type, typmod, true)
#endif

/* 17 takes the relation, 18 as well */
#include "catalog/dependency.h"
#include "utils/rel.h"
#if PG_VERSION_NUM >= 170000
static inline Oid
compat_identity_sequence(Oid relation, AttrNumber column)
{
	Relation	rel = RelationIdGetRelation(relation);
	Oid			sequence = InvalidOid;

	if (RelationIsValid(rel))
	{
		sequence = getIdentitySequence(rel, column, true);
		RelationClose(rel);
	}
	return sequence;
}
#else
#define compat_identity_sequence(relation, column) getIdentitySequence(relation, column, true)
#endif

/* 17 made the statistics targets nullable */
#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_statistic_ext.h"
#if PG_VERSION_NUM >= 170000
static inline int
compat_nullable_target(HeapTuple tuple, AttrNumber column, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column, desc, &isnull);

	return isnull ? -1 : DatumGetInt16(value);
}
#define compat_statistics_target(tuple, desc) \
	compat_nullable_target(tuple, Anum_pg_attribute_attstattarget, desc)
#define compat_ext_statistics_target(tuple, desc) \
	compat_nullable_target(tuple, Anum_pg_statistic_ext_stxstattarget, desc)
#else
#define compat_statistics_target(tuple, desc) \
	((void) (desc), (int) ((Form_pg_attribute) GETSTRUCT(tuple))->attstattarget)
#define compat_ext_statistics_target(tuple, desc) \
	((void) (desc), (int) ((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxstattarget)
#endif

/* 15 brought NULLS NOT DISTINCT, and columns for ON DELETE SET */
#if PG_VERSION_NUM >= 150000
#define compat_nulls_not_distinct(form) ((form)->indnullsnotdistinct)
#define compat_delete_columns(tuple, desc, isnull) \
	heap_getattr(tuple, Anum_pg_constraint_confdelsetcols, desc, isnull)
#else
#define compat_nulls_not_distinct(form) false
#define compat_delete_columns(tuple, desc, isnull) ((void) (desc), *(isnull) = true, (Datum) 0)
#endif

/* 15 brought columns, filters and schemas to publications */
#if PG_VERSION_NUM >= 150000
#define COMPAT_PUBLICATION_REL_INDEX PublicationRelPrpubidIndexId
#define compat_publication_columns(tuple, desc, isnull) \
	heap_getattr(tuple, Anum_pg_publication_rel_prattrs, desc, isnull)
#define compat_publication_filter(tuple, desc, isnull) \
	heap_getattr(tuple, Anum_pg_publication_rel_prqual, desc, isnull)
#define compat_publication_schemas(publication) GetPublicationSchemas(publication)
#define COMPAT_PUBLICATION_NAMESPACE_PART \
	{PublicationNamespaceRelationId, PublicationNamespaceObjectIndexId, \
		Anum_pg_publication_namespace_oid, Anum_pg_publication_namespace_pnpubid, \
		PublicationRelationId},
#include "catalog/pg_publication_namespace.h"
#else
#define COMPAT_PUBLICATION_REL_INDEX InvalidOid
#define compat_publication_columns(tuple, desc, isnull) \
	((void) (desc), *(isnull) = true, (Datum) 0)
#define compat_publication_filter(tuple, desc, isnull) \
	((void) (desc), *(isnull) = true, (Datum) 0)
#define compat_publication_schemas(publication) NIL
#define COMPAT_PUBLICATION_NAMESPACE_PART
#endif

/* 18 brought NOT NULL constraints of tables, NOT ENFORCED and temporal keys */
#if PG_VERSION_NUM >= 180000
#define COMPAT_CONSTRAINT_NOTNULL CONSTRAINT_NOTNULL
#define compat_con_enforced(form) ((form)->conenforced)
#define compat_con_period(form) ((form)->conperiod)
#else
#define COMPAT_CONSTRAINT_NOTNULL 'n'
#define compat_con_enforced(form) true
#define compat_con_period(form) false
#endif

/* 15 made literals nodes of their own, NULL and booleans among them */
#include "nodes/parsenodes.h"
#if PG_VERSION_NUM >= 150000
#define compat_const_is_null(constant) ((constant)->isnull)
#define compat_const_is_true(node) \
	(IsA(node, A_Const) && !((const A_Const *) (node))->isnull && \
	 IsA(&((const A_Const *) (node))->val, Boolean) && \
	 ((const A_Const *) (node))->val.boolval.boolval)
#else
#define compat_const_is_null(constant) IsA(&(constant)->val, Null)
static inline bool
compat_const_is_true(const Node *node)
{
	const A_Const *constant;

	if (!IsA(node, TypeCast) || ((const TypeCast *) node)->typeName->location >= 0 ||
		!IsA(((const TypeCast *) node)->arg, A_Const))
		return false;
	constant = (const A_Const *) ((const TypeCast *) node)->arg;
	return IsA(&constant->val, String) && strcmp(strVal(&constant->val), "t") == 0;
}
#endif

/* 15 brought SET ACCESS METHOD, 17 SET EXPRESSION; no command is numbered -1 */
#if PG_VERSION_NUM >= 150000
#define COMPAT_AT_SET_ACCESS_METHOD ((int) AT_SetAccessMethod)
#else
#define COMPAT_AT_SET_ACCESS_METHOD (-1)
#endif
#if PG_VERSION_NUM >= 170000
#define COMPAT_AT_SET_EXPRESSION ((int) AT_SetExpression)
#else
#define COMPAT_AT_SET_EXPRESSION (-1)
#endif

/* 18 brought generated columns that are not stored */
#if PG_VERSION_NUM >= 180000
#define compat_is_virtual(constraint) \
	((constraint)->generated_kind == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define compat_is_virtual(constraint) false
#endif

#if PG_VERSION_NUM < 150000

/* 15 renamed it when it split off the variable-parameters form */
#define pg_analyze_and_rewrite_fixedparams pg_analyze_and_rewrite

/* 15 made the placeholder check an error for the whole prefix */
#define MarkGUCPrefixReserved EmitWarningsOnPlaceholders

/*
 * 15 has this in funcapi.c.  Puts a tuplestore in the per-query context into
 * fcinfo's ReturnSetInfo.
 */
#define MAT_SRF_USE_EXPECTED_DESC 0x01
static inline void
InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext oldcontext;
	TupleDesc	desc;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo) ||
		!(rsinfo->allowedModes & SFRM_Materialize))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));

	oldcontext = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	if (flags & MAT_SRF_USE_EXPECTED_DESC)
		desc = CreateTupleDescCopy(rsinfo->expectedDesc);
	else if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	rsinfo->setResult = tuplestore_begin_heap(true, false, work_mem);
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setDesc = desc;
	MemoryContextSwitchTo(oldcontext);
}
#endif							/* before 15 */

#endif							/* NEON_MIGRATE_COMPAT_H */
