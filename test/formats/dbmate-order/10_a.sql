-- migrate:up
CREATE TABLE users (id bigint, name text);
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ';' $$;
-- migrate:down
