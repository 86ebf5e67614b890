-- +goose Up
CREATE TABLE users (id bigint, name text);
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ';' $$;
-- +goose StatementEnd
-- +goose Down
