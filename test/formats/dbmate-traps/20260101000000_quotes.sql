-- migrate:up
CREATE TABLE notes (body text DEFAULT '
-- migrate:down
DROP TABLE notes;
', "-- migrate:up
" int);
/*
-- migrate:down
*/
CREATE FUNCTION notes() RETURNS text LANGUAGE sql AS $sql$ SELECT '
-- migrate:nonsense
'::text $sql$;
COMMENT ON TABLE notes IS E'it\'s
-- migrate:down
';
-- migrate:down
DROP FUNCTION notes();
DROP TABLE notes;
