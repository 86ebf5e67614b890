/*-------------------------------------------------------------------------
 *
 * desired.c
 *	  The SQL that makes the desired schema, before it is run.
 *
 * It is a whole schema: what an ORM prints, a file kept by hand, or the output
 * of pg_dump --schema-only.  From its parse trees comes which schemas it makes
 * objects in, which are to be put aside before it runs; objects that a DO block
 * or a function makes elsewhere are found afterwards.
 *
 * From them comes, too, whether it speaks of owners, grants and comments at all.
 * The SQL of an ORM mostly does not, and then those that are there stay.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "compat.h"
#include "generate/desired.h"
#include "generate/present.h"
#include "generate/property.h"
#include "position.h"
#include "statement_kind.h"

/*
 * Returns where the line after "p" begins.
 */
static char *
next_line(char *p)
{
	char	   *end = strchr(p, '\n');

	return end ? end + 1 : p + strlen(p);
}

/*
 * Blanks out the line if it is the psql command "word" with one argument.
 */
static void
blank_command(char *line, const char *word)
{
	size_t		length = strlen(word);
	size_t		end = strcspn(line, "\r\n");

	if (strncmp(line, word, length) == 0 && line[length] == ' ' &&
		strspn(line + length + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
		== end - length - 1)
		memset(line, ' ', end);
}

static bool
is_blank_or_comment(const char *line)
{
	line += strspn(line, " \t\r");
	return *line == '\n' || *line == '\0' || strncmp(line, "--", 2) == 0;
}

/*
 * Returns the text without the \restrict and \unrestrict that pg_dump puts
 * around its output: for psql they matter, here there is nothing to restrict.
 * Only the first and the last line that is not blank or a comment can be one, so
 * that nothing in a literal is taken for it.  Positions stay as they are.
 */
static text *
without_restrict(text *sql)
{
	char	   *copy = text_to_cstring(sql);
	char	   *last = NULL;
	char	   *p = copy;

	while (*p && is_blank_or_comment(p))
		p = next_line(p);
	blank_command(p, "\\restrict");
	for (p = copy; *p; p = next_line(p))
		if (!is_blank_or_comment(p))
			last = p;
	if (last)
		blank_command(last, "\\unrestrict");
	return cstring_to_text(copy);
}

static void
add_schema(Desired *desired, const char *name)
{
	if (name && strncmp(name, "pg_", 3) != 0 && strcmp(name, "information_schema") != 0 &&
		!prop_list_has(desired->schemas, name))
		desired->schemas = lappend(desired->schemas, pstrdup(name));
}

/*
 * What is known while the statements are looked at.
 */
typedef struct Look
{
	Desired    *desired;
	List	   *created;		/* schemas that are created by it */
	const char *first_schema;	/* where unqualified names go, NULL if nowhere */
	const char *session_schema; /* and where they went at the beginning */
} Look;

static void
add_range_var(Look *look, const RangeVar *name)
{
	if (name && name->relpersistence != RELPERSISTENCE_TEMP)
		add_schema(look->desired, name->schemaname ? name->schemaname : look->first_schema);
}

static void
add_name_list(Look *look, List *name)
{
	int			length = list_length(name);

	if (length > 0)
		add_schema(look->desired, length > 1 ? strVal(list_nth(name, length - 2)) :
				   look->first_schema);
}

/*
 * Follows a new search path: unqualified names go to the first schema of it that
 * is there by then.
 */
static void
follow_search_path(Look *look, List *names)
{
	ListCell   *cell;

	look->first_schema = NULL;
	foreach(cell, names)
	{
		const char *name = lfirst(cell);

		if (strcmp(name, "$user") == 0)
			name = GetUserNameFromId(GetUserId(), false);
		if (strcmp(name, "pg_temp") != 0 &&
			(prop_list_has(look->created, name) || OidIsValid(get_namespace_oid(name, true))))
		{
			look->first_schema = name;
			return;
		}
	}
}

static const char *
string_of(Node *node)
{
	if (node && IsA(node, TypeCast))
		node = ((TypeCast *) node)->arg;
	return node && IsA(node, A_Const) ? compat_const_string((A_Const *) node) : NULL;
}

static void
look_at_set(Look *look, VariableSetStmt *stmt)
{
	List	   *names = NIL;
	ListCell   *cell;

	if (stmt->name && (strcmp(stmt->name, "role") == 0 ||
					   strcmp(stmt->name, "session_authorization") == 0))
		look->desired->owners = true;
	if (stmt->kind == VAR_RESET_ALL || (stmt->name && strcmp(stmt->name, "search_path") == 0))
		look->first_schema = look->session_schema;
	if (stmt->kind != VAR_SET_VALUE || strcmp(stmt->name, "search_path") != 0)
		return;
	foreach(cell, stmt->args)
	{
		const char *name = string_of(lfirst(cell));

		if (name)
			names = lappend(names, pstrdup(name));
	}
	follow_search_path(look, names);
}

/*
 * Follows SELECT set_config('search_path', '...', ...).
 */
static void
look_at_select(Look *look, SelectStmt *stmt)
{
	ListCell   *cell;

	foreach(cell, stmt->targetList)
	{
		Node	   *value = ((ResTarget *) lfirst(cell))->val;
		FuncCall   *call = (FuncCall *) value;
		const char *setting,
				   *path;
		List	   *names;

		if (!IsA(value, FuncCall) || list_length(call->args) != 3 ||
			strcmp(strVal(llast(call->funcname)), "set_config") != 0)
			continue;
		setting = string_of(linitial(call->args));
		path = string_of(lsecond(call->args));
		if (setting && path && strcmp(setting, "search_path") == 0 &&
			SplitIdentifierString(pstrdup(path), ',', &names))
			follow_search_path(look, names);
	}
}

static void look_at(Look *look, Node *stmt);

static void
look_at_schema(Look *look, CreateSchemaStmt *stmt)
{
	const char *name = stmt->schemaname ? stmt->schemaname :
		get_rolespec_name(stmt->authrole);
	const char *outer = look->first_schema;
	ListCell   *cell;

	if (stmt->authrole)
		look->desired->owners = true;
	look->created = lappend(look->created, unconstify(char *, name));
	add_schema(look->desired, name);
	look->first_schema = name;
	foreach(cell, stmt->schemaElts)
		look_at(look, lfirst(cell));
	look->first_schema = outer;
}

/*
 * Warns of a statement that is about something else than a schema.
 */
static void
look_at_other(Look *look, Node *stmt)
{
	const char *what = NULL;
	char	   *warning;

	switch (nodeTag(stmt))
	{
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_CopyStmt:
			what = "rows are not";
			break;
		case T_CreateRoleStmt:
		case T_AlterRoleStmt:
		case T_AlterRoleSetStmt:
		case T_DropRoleStmt:
		case T_GrantRoleStmt:
			what = "roles are not";
			break;
		case T_AlterDatabaseStmt:
		case T_AlterDatabaseSetStmt:
		case T_AlterSystemStmt:
			what = "settings are not";
			break;
		default:
			return;
	}
	warning = psprintf("%s in the desired SQL is not compared: %s a part of the schema",
					   CreateCommandName(stmt), what);
	if (!prop_list_has(look->desired->warnings, warning))
		look->desired->warnings = lappend(look->desired->warnings, warning);
}

/*
 * Notes what a statement speaks of besides the schema it makes objects in.
 */
static void
look_at_attached(Look *look, Node *stmt)
{
	ListCell   *cell;

	switch (nodeTag(stmt))
	{
		case T_AlterOwnerStmt:
			look->desired->owners = true;
			break;
		case T_AlterTableStmt:
			foreach(cell, ((AlterTableStmt *) stmt)->cmds)
				if (((AlterTableCmd *) lfirst(cell))->subtype == AT_ChangeOwner)
					look->desired->owners = true;
			break;
		case T_GrantStmt:
		case T_AlterDefaultPrivilegesStmt:
			look->desired->grants = true;
			break;
		case T_CommentStmt:
			/* every pg_dump has some on these */
			if (((CommentStmt *) stmt)->objtype != OBJECT_EXTENSION)
				look->desired->comments = true;
			break;
		default:
			break;
	}
}

static void
look_at(Look *look, Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_CreateSchemaStmt:
			look_at_schema(look, (CreateSchemaStmt *) stmt);
			break;
		case T_CreateStmt:
			add_range_var(look, ((CreateStmt *) stmt)->relation);
			break;
		case T_CreateForeignTableStmt:
			add_range_var(look, ((CreateForeignTableStmt *) stmt)->base.relation);
			break;
		case T_CreateTableAsStmt:
			add_range_var(look, ((CreateTableAsStmt *) stmt)->into->rel);
			break;
		case T_ViewStmt:
			add_range_var(look, ((ViewStmt *) stmt)->view);
			break;
		case T_CreateSeqStmt:
			add_range_var(look, ((CreateSeqStmt *) stmt)->sequence);
			break;
		case T_CompositeTypeStmt:
			add_range_var(look, ((CompositeTypeStmt *) stmt)->typevar);
			break;
		case T_CreateEnumStmt:
			add_name_list(look, ((CreateEnumStmt *) stmt)->typeName);
			break;
		case T_CreateRangeStmt:
			add_name_list(look, ((CreateRangeStmt *) stmt)->typeName);
			break;
		case T_CreateDomainStmt:
			add_name_list(look, ((CreateDomainStmt *) stmt)->domainname);
			break;
		case T_CreateFunctionStmt:
			add_name_list(look, ((CreateFunctionStmt *) stmt)->funcname);
			break;
		case T_DefineStmt:
			add_name_list(look, ((DefineStmt *) stmt)->defnames);
			break;
		case T_CreateStatsStmt:
			add_name_list(look, ((CreateStatsStmt *) stmt)->defnames);
			break;
		case T_VariableSetStmt:
			look_at_set(look, (VariableSetStmt *) stmt);
			break;
		case T_SelectStmt:
			look_at_select(look, (SelectStmt *) stmt);
			break;
		default:
			look_at_attached(look, stmt);
			look_at_other(look, stmt);
			break;
	}
}

/*
 * Returns the schema that unqualified names go to, or NULL.
 */
static const char *
current_schema_name(void)
{
	List	   *path = fetch_search_path(false);

	return path ? get_namespace_name(linitial_oid(path)) : NULL;
}

/*
 * Raises 0A000 for what cannot run here.  An index that is to be built
 * concurrently can: the result is the same.
 */
static void
check_transactional(const Script *script)
{
	Position	position;
	ListCell   *cell;

	position_push(&position, script);
	foreach(cell, script->statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		const char *kind = statement_nontransactional_kind(raw->stmt);
		int			start,
					length;

		if (kind == NULL || IsA(raw->stmt, IndexStmt))
			continue;
		position_statement_span(script, raw, &start, &length);
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s is not possible in the desired SQL", kind),
				 errdetail("It cannot run inside a transaction block, where the desired schema is built."),
				 errhint("Take it out."),
				 position_errposition(script, start)));
	}
	position_pop(&position);
}

/*
 * Reads and parses the SQL, and finds what it speaks of.
 */
Desired *
desired_read(text *sql)
{
	Desired    *desired = palloc0(sizeof(Desired));
	Look		look = {.desired = desired};
	ListCell   *cell;

	desired->script = script_read_titled("the desired SQL", without_restrict(sql));
	script_parse(desired->script);
	check_transactional(desired->script);
	look.first_schema = look.session_schema = current_schema_name();
	foreach(cell, desired->script->statements)
		look_at(&look, lfirst_node(RawStmt, cell)->stmt);
	return desired;
}

/*
 * Returns what a CREATE SCHEMA is where an empty one of that name is there
 * already: nothing, or giving it to its owner.
 */
static Node *
instead_of_create(CreateSchemaStmt *stmt)
{
	AlterOwnerStmt *alter;

	if (stmt->authrole == NULL || stmt->schemaname == NULL)
	{
		stmt->if_not_exists = true;
		return (Node *) stmt;
	}
	alter = makeNode(AlterOwnerStmt);
	alter->objectType = OBJECT_SCHEMA;
	alter->object = (Node *) makeString(stmt->schemaname);
	alter->newowner = stmt->authrole;
	return (Node *) alter;
}

/*
 * Leaves out the statements about what cannot be put aside, and says so.
 */
static void
leave_out_present(Desired *desired)
{
	List	   *statements = NIL;
	ListCell   *cell;

	foreach(cell, desired->script->statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);
		char	   *object = present_object(raw->stmt);
		char	   *warning;

		if (object == NULL)
		{
			MemoryContext old_context = MemoryContextSwitchTo(desired->script->trees);

			statements = lappend(statements, raw);
			MemoryContextSwitchTo(old_context);
			continue;
		}
		warning = psprintf("%s is there, and is not compared with the one in the desired SQL", object);
		if (!prop_list_has(desired->warnings, warning))
			desired->warnings = lappend(desired->warnings, warning);
	}
	desired->script->statements = statements;
}

/*
 * Makes the statements anew for a run in which the schemas that were there are
 * empty ones of the same name, and extensions are there already.
 */
void
desired_prepare(Desired *desired)
{
	MemoryContext old_context;
	ListCell   *cell;

	script_parse_again(desired->script);
	leave_out_present(desired);
	old_context = MemoryContextSwitchTo(desired->script->trees);
	foreach(cell, desired->script->statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, cell);

		if (IsA(raw->stmt, IndexStmt))
			((IndexStmt *) raw->stmt)->concurrent = false;
		else if (IsA(raw->stmt, CreateExtensionStmt))
			((CreateExtensionStmt *) raw->stmt)->if_not_exists = true;
		else if (IsA(raw->stmt, CreateSchemaStmt))
		{
			CreateSchemaStmt *create = (CreateSchemaStmt *) raw->stmt;

			if (create->schemaname == NULL)
				create->schemaname = get_rolespec_name(create->authrole);
			if (!OidIsValid(get_namespace_oid(create->schemaname, true)))
				continue;
			if (create->schemaElts != NIL)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("CREATE SCHEMA with objects in it is not possible in the desired SQL where the schema is there"),
						 errdetail("Schema \"%s\" is there.", create->schemaname),
						 errhint("Write CREATE SCHEMA and each object as statements of their own.")));
			raw->stmt = instead_of_create(create);
		}
	}
	MemoryContextSwitchTo(old_context);
}
