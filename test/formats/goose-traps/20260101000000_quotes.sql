-- +goose Up
CREATE TABLE notes (body text DEFAULT '
-- +goose Down
');
CREATE FUNCTION notes() RETURNS text LANGUAGE sql AS $$ SELECT '
-- +goose Up
'::text $$;
-- +goose Down
DROP FUNCTION notes();
DROP TABLE notes;
