--
-- goose: annotations.
--
\getenv formats PG_ABS_SRCDIR
\set load :formats '/formats/load.sql'
\set ECHO none
\i :load
\set ECHO all

SELECT * FROM test.register('goose');
SELECT version, description, has_down, depends_on FROM migrate_status;
CALL migrate_up();
SELECT * FROM test.objects;
SELECT * FROM test.register('goose');

-- the statement in StatementBegin got its semicolon, and lines stay
SELECT up_sql, down_sql FROM migrate_definition WHERE version = '2';
CALL migrate_down(1);
SELECT migrate_stamp('10', NULL, 'DROP TABLE orders');
CALL migrate_down(100);
SELECT * FROM test.objects;

-- annotations in quotes are none
SELECT * FROM test.register('goose-traps');
CALL migrate_up('20260101000000');
SELECT obj_description('notes'::regclass), notes();

-- errors
\set files 'ARRAY[\'1_x.sql\'], ARRAY'
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\nSELECT 1;\n-- +goose Sideways\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Down\nSELECT 1;\n-- +goose Up\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose Up\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose Down\n-- +goose Down']);
SELECT * FROM migrate_register_files(:files[E'SELECT 1;\n-- +goose Up\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n  -- +goose Down\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose StatementBegin\nSELECT 1;']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose StatementBegin\n-- +goose Up\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose StatementEnd\n']);
SELECT * FROM migrate_register_files(:files[E'-- +goose Up\n-- +goose ENVSUB ON\nSELECT \'${HOME}\';']);
\echo :SQLSTATE
SELECT * FROM migrate_register_files(:files[E'-- +goose NO TRANSACTION\nSELECT 1;']);
SELECT * FROM migrate_register_files(:files['SELECT 1'], 'goose');
SELECT * FROM migrate_register_files(ARRAY['1_x.sql', '00002_y.go'], ARRAY[E'-- +goose Up\n', 'package migrations']);

:clean
