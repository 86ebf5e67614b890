/*-------------------------------------------------------------------------
 *
 * attached.c
 *	  What can be attached to objects of any kind: owner, grants, comments,
 *	  security labels; and whether an object belongs to an extension.
 *
 * Grants are given as they differ from what an object of the kind has when it
 * is made, so that it does not matter whether its ACL is NULL or says the same,
 * and with the owner called that, so that a new owner is one difference.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_seclabel.h"
#include "access/transam.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "snapshot/names.h"

/*
 * Comment and labels of an object or a part of it.
 */
typedef struct NoteKey
{
	Oid			class_id;
	Oid			object_id;
	int32		sub_id;			/* -1: those of the object have been loaded */
} NoteKey;

typedef struct NoteEntry
{
	NoteKey		key;
	const char *comment;
	List	   *labels;			/* texts, with the provider */
} NoteEntry;

/*
 * Loads the members of all extensions.
 */
static void
load_members(Collector *c)
{
	HASHCTL		info = {.keysize = sizeof(ObjectAddress),.entrysize = sizeof(ObjectAddress),
	.hcxt = c->context};
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	c->members = hash_create("neon_migrate members", 256, &info,
							 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ScanKeyInit(&key, Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ExtensionRelationId));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, c->snapshot, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress member;

		if (row->deptype != DEPENDENCY_EXTENSION)
			continue;
		ObjectAddressSet(member, row->classid, row->objid);
		hash_search(c->members, &member, HASH_ENTER, NULL);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
}

/*
 * Does the object belong to an extension?
 */
bool
is_left_out(Collector *c, Oid class_id, Oid object_id)
{
	MemoryContext old_context;
	ObjectAddress object;

	if (!c->whole)
		return OidIsValid(getExtensionOfObject(class_id, object_id));
	if (c->members == NULL)
	{
		old_context = MemoryContextSwitchTo(c->context);
		load_members(c);
		MemoryContextSwitchTo(old_context);
	}
	ObjectAddressSet(object, class_id, object_id);
	return hash_search(c->members, &object, HASH_FIND, NULL) != NULL;
}

/*
 * Lets "describe" describe each object of a catalog that is a part of the
 * snapshot.  If the objects are in no schema, those that came with the server
 * are not.
 */
void
describe_each(Collector *c, Oid catalog, Oid index, AttrNumber oid_column,
			  AttrNumber schema_column, Describe describe)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_begin(c, &scan, catalog, index, oid_column);
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		bool		isnull;
		Oid			oid = DatumGetObjectId(catalog_datum(&scan, tuple, oid_column, &isnull));

		if (AttributeNumberIsValid(schema_column) ?
			schema_is_left_out(c, DatumGetObjectId(catalog_datum(&scan, tuple, schema_column,
																 &isnull))) :
			oid < FirstNormalObjectId)
			continue;
		if (!is_left_out(c, catalog, oid))
			describe(c, &scan, tuple);
	}
	catalog_end(&scan);
}

void
property_owner(Collector *c, Oid owner)
{
	property_value(c, "owner", name_of_role(c, owner));
}

static int
compare_words(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* by the number of the right's bit */
static const char *const right_names[] = {
	"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "EXECUTE",
	"USAGE", "CREATE", "TEMPORARY", "CONNECT", "SET", "ALTER SYSTEM", "MAINTAIN"
};

/*
 * Writes one grantee's rights, each as a property.
 */
static void
grant_lines(Collector *c, const char *verb, AclMode rights, const char *preposition,
			const char *role, bool option, const char *prefix)
{
	for (int bit = 0; bit < (int) lengthof(right_names); bit++)
		if (rights & ((AclMode) 1 << bit))
			property(c, "%s%s %s %s %s%s", prefix, verb, right_names[bit], preposition, role,
					 option ? " with grant option" : "");
}

/*
 * The rights of one role, whoever granted them.
 */
typedef struct RoleRights
{
	Oid			role;
	const char *name;
	AclMode		rights;
	AclMode		options;
	AclMode		base_rights;	/* those by default */
	AclMode		base_options;
} RoleRights;

static List *
add_rights(Collector *c, List *roles, const Acl *acl, Oid owner, bool base)
{
	for (int i = 0; acl && i < ACL_NUM(acl); i++)
	{
		AclItem    *item = &ACL_DAT(acl)[i];
		RoleRights *rights = NULL;
		ListCell   *cell;

		foreach(cell, roles)
			if (((RoleRights *) lfirst(cell))->role == item->ai_grantee)
				rights = lfirst(cell);
		if (rights == NULL)
		{
			rights = palloc0(sizeof(RoleRights));
			rights->role = item->ai_grantee;
			rights->name = OidIsValid(owner) && item->ai_grantee == owner ? "owner" :
				name_of_role(c, item->ai_grantee);
			roles = lappend(roles, rights);
		}
		if (base)
		{
			rights->base_rights |= ACLITEM_GET_PRIVS(*item);
			rights->base_options |= ACLITEM_GET_GOPTIONS(*item);
		}
		else
		{
			rights->rights |= ACLITEM_GET_PRIVS(*item);
			rights->options |= ACLITEM_GET_GOPTIONS(*item);
		}
	}
	return roles;
}

static int
compare_roles(const ListCell *a, const ListCell *b)
{
	return strcmp(((RoleRights *) lfirst(a))->name, ((RoleRights *) lfirst(b))->name);
}

/*
 * Writes how "acl" differs from "base".  The owner's grant options are implied.
 */
static void
write_grants(Collector *c, const Acl *acl, const Acl *base, Oid owner, const char *prefix)
{
	List	   *roles = add_rights(c, add_rights(c, NIL, base, owner, true), acl, owner, false);
	ListCell   *cell;

	list_sort(roles, compare_roles);
	foreach(cell, roles)
	{
		RoleRights *role = lfirst(cell);
		AclMode		added = role->rights & ~role->base_rights;
		AclMode		options = role->role == owner ? 0 : role->options & ~role->base_options;

		grant_lines(c, "grant", added & ~options, "to", role->name, false, prefix);
		grant_lines(c, "grant", options, "to", role->name, true, prefix);
		grant_lines(c, "revoke", role->base_rights & ~role->rights, "from", role->name, false, prefix);
	}
}

/*
 * Writes the grants on an object.  "acl" may be NULL.
 */
void
property_grants(Collector *c, ObjectType type, Oid owner, const Acl *acl, const char *prefix)
{
	Acl		   *base;

	if (acl == NULL)
		return;
	base = acldefault(type, owner);
	write_grants(c, acl, base, owner, prefix);
}

/*
 * Writes all that "acl" grants.
 */
void
property_default_grants(Collector *c, const Acl *acl)
{
	write_grants(c, acl, NULL, InvalidOid, "");
}

/*
 * Writes the owner of a catalog's row and its grants, from column "acl", if it
 * is valid.
 */
void
property_owner_grants(Collector *c, const CatalogScan *scan, HeapTuple tuple, ObjectType type,
					  Oid owner, AttrNumber acl)
{
	bool		isnull = true;
	Datum		value = (Datum) 0;

	property_owner(c, owner);
	if (AttributeNumberIsValid(acl))
		value = catalog_datum(scan, tuple, acl, &isnull);
	if (!isnull)
		property_grants(c, type, owner, DatumGetAclP(value), "");
}

static NoteEntry *
note_entry(Collector *c, Oid class_id, Oid object_id, int32 sub_id, HASHACTION action,
		   bool *found)
{
	NoteKey		key = {class_id, object_id, sub_id};
	NoteEntry  *entry;
	bool		there;

	if (c->notes == NULL)
	{
		HASHCTL		info = {.keysize = sizeof(NoteKey),.entrysize = sizeof(NoteEntry),
		.hcxt = c->context};

		c->notes = hash_create("neon_migrate notes", c->whole ? 1024 : 16, &info,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(c->notes, &key, action, &there);
	if (action == HASH_ENTER && sub_id >= 0 && !list_member_oid(c->noted_classes, class_id))
	{
		MemoryContext old_context = MemoryContextSwitchTo(c->context);

		c->noted_classes = lappend_oid(c->noted_classes, class_id);
		MemoryContextSwitchTo(old_context);
	}
	if (action == HASH_ENTER && !there)
	{
		entry->comment = NULL;
		entry->labels = NIL;
	}
	if (found)
		*found = there;
	return entry;
}

/*
 * Is a comment on this object a user's?
 */
static bool
may_be_noted(Oid class_id, Oid object_id)
{
	return object_id >= FirstNormalObjectId || class_id == NamespaceRelationId ||
		class_id == ExtensionRelationId || class_id == LanguageRelationId;
}

/*
 * Loads the comments on one object and its parts, or all.
 */
static void
load_comments(Collector *c, List *object, Oid class_id)
{
	CatalogScan *scan = &c->comments;
	HeapTuple	tuple;

	if (scan->catalog == NULL)
		catalog_begin_of(c, scan, DescriptionRelationId, DescriptionObjIndexId,
						 Anum_pg_description_objoid, object);
	else
		catalog_go_on(scan, linitial_oid(object));
	while (HeapTupleIsValid(tuple = catalog_next(scan)))
	{
		Form_pg_description row = (Form_pg_description) GETSTRUCT(tuple);
		NoteEntry  *entry;

		if (!may_be_noted(row->classoid, row->objoid) || (!c->whole && row->classoid != class_id))
			continue;
		entry = note_entry(c, row->classoid, row->objoid, row->objsubid, HASH_ENTER, NULL);
		entry->comment = keep(c, catalog_text(scan, tuple, Anum_pg_description_description));
	}
}

/*
 * Ends the scan for comments, which is kept for further objects.
 */
void
end_notes(Collector *c)
{
	if (c->comments.catalog)
		catalog_end(&c->comments);
}

static void
load_labels(Collector *c, List *object, Oid class_id)
{
	CatalogScan scan;
	HeapTuple	tuple;

	if (c->no_labels)
		return;
	catalog_begin_of(c, &scan, SecLabelRelationId, SecLabelObjectIndexId,
					 Anum_pg_seclabel_objoid, object);
	c->no_labels = !c->whole && scan.oids == NIL;
	while (HeapTupleIsValid(tuple = catalog_next(&scan)))
	{
		FormData_pg_seclabel *row = (FormData_pg_seclabel *) GETSTRUCT(tuple);
		MemoryContext old_context;
		NoteEntry  *entry;
		char	   *text;

		if (!c->whole && row->classoid != class_id)
			continue;
		text = psprintf("%s %s",
						quote_identifier(catalog_text(&scan, tuple, Anum_pg_seclabel_provider)),
						quote_literal_cstr(catalog_text(&scan, tuple, Anum_pg_seclabel_label)));
		entry = note_entry(c, row->classoid, row->objoid, row->objsubid, HASH_ENTER, NULL);
		old_context = MemoryContextSwitchTo(c->context);
		entry->labels = lappend(entry->labels, keep(c, text));
		MemoryContextSwitchTo(old_context);
	}
	catalog_end(&scan);
}

static void
load_notes(Collector *c, Oid class_id, Oid object_id)
{
	MemoryContext old_context;
	List	   *object;
	bool		loaded;

	if (c->whole)
		class_id = object_id = InvalidOid;
	(void) note_entry(c, class_id, object_id, -1, HASH_ENTER, &loaded);
	if (loaded)
		return;
	old_context = MemoryContextSwitchTo(c->context);
	object = list_make1_oid(object_id);
	MemoryContextSwitchTo(old_context);
	load_comments(c, object, class_id);
	load_labels(c, object, class_id);
	c->notes_loaded = c->whole;
}

/*
 * Writes comment and security labels.
 */
void
property_notes(Collector *c, Oid class_id, Oid object_id, int sub_id, const char *prefix)
{
	NoteEntry  *entry;
	ListCell   *cell;

	if (!c->notes_loaded)
		load_notes(c, class_id, object_id);
	if (!list_member_oid(c->noted_classes, class_id))
		return;
	entry = note_entry(c, class_id, object_id, sub_id, HASH_FIND, NULL);
	if (entry == NULL)
		return;
	if (entry->comment)
		property(c, "%scomment %s", prefix, quote_literal_cstr(entry->comment));
	list_sort(entry->labels, compare_words);
	foreach(cell, entry->labels)
		property(c, "%slabel %s", prefix, (char *) lfirst(cell));
}

static bool
is_among(const char *option, const char *const *only)
{
	for (; *only; only++)
		if (strncmp(option, *only, strlen(*only)) == 0 && option[strlen(*only)] == '=')
			return true;
	return false;
}

/*
 * Returns an array of name=value in words, sorted; NULL if there are none.
 * With "only", those alone.
 */
char *
options_text(Datum options, bool isnull, const char *const *only)
{
	List	   *words = NIL;
	StringInfoData joined;
	ListCell   *cell;
	Datum	   *elements;
	int			count;

	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(options), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *option = TextDatumGetCString(elements[i]);

		if (only == NULL || is_among(option, only))
			words = lappend(words, option);
	}
	if (words == NIL)
		return NULL;
	list_sort(words, compare_words);
	initStringInfo(&joined);
	foreach(cell, words)
		appendStringInfo(&joined, "%s%s", joined.len ? ", " : "", (char *) lfirst(cell));
	return joined.data;
}

static bool
is_known(const char *name, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(name, *known) == 0)
			return true;
	return false;
}

/*
 * Writes the columns of a catalog's row but those that are known, by their
 * names without the catalog's prefix: so also those that only some majors have.
 */
void
property_other_columns(Collector *c, const CatalogScan *scan, HeapTuple tuple,
					   const char *const *known, int prefix)
{
	TupleDesc	desc = RelationGetDescr(scan->catalog);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		const char *name = NameStr(attribute->attname) + prefix;
		bool		isnull;
		Datum		value;
		Oid			output;
		bool		varlena;

		if (is_known(NameStr(attribute->attname), known))
			continue;
		value = heap_getattr(tuple, i + 1, desc, &isnull);
		if (isnull)
			continue;
		if (attribute->atttypid == BOOLOID)
		{
			if (DatumGetBool(value))
				property(c, "%s", name);
			continue;
		}
		/* none */
		if (attribute->atttypid == CHAROID && DatumGetChar(value) == 'n')
			continue;
		getTypeOutputInfo(attribute->atttypid, &output, &varlena);
		property(c, "%s %s", name, OidOutputFunctionCall(output, value));
	}
}
