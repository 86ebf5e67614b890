--
-- Drizzle: a journal and its files.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('drizzle');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('drizzle');
SELECT up_sql FROM migrate_definition ORDER BY version;
SELECT r.* FROM (SELECT array_agg(path) AS p, array_agg(content) AS c FROM test.files('drizzle') WHERE path !~ '0000') AS a,
    migrate_register_files(p, c) AS r;

:fresh
SELECT * FROM test.register('drizzle-traps');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT DISTINCT outcome FROM test.register('drizzle-traps');

-- no breakpoint in a string
SELECT * FROM migrate_register_files(ARRAY['meta/_journal.json', '0002_x.sql'],
    ARRAY['{"entries": [{"tag": "0002_x"}]}', 'SELECT ''--> statement-breakpoint'' AS x --> statement-breakpoint']);
SELECT up_sql FROM migrate_definition WHERE version = '0002_x';
:fresh

-- errors
\set register 'SELECT * FROM migrate_register_files(ARRAY[\'meta/_journal.json\', \'0002_x.sql\'], ARRAY'
:register['{"entries": [{"tag": "0002_x"}, {"tag": "0003_y"}]}', '']);
:register['{"entries": []}', '']);
:register['{"entries": [{"idx": 0}]}', '']);
:register['{"entries": [7]}', '']);
:register['{"entries": [{"tag": "0002_x"}, {"tag": "0002_x"}]}', '']);
:register['{"dialect": "mysql", "entries": [{"tag": "0002_x"}]}', '']);
:register['{"dialect": "postgresql"}', '']);
:register['[]', '']);
:register['{"entries": ', '']);
SELECT * FROM migrate_register_files(ARRAY['0002_x.sql'], ARRAY[''], 'drizzle');

:clean
