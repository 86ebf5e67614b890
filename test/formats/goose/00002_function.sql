-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION greeting() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
	-- a semicolon; and more
	RETURN 'a;b';
END
$body$
-- +goose StatementEnd

CREATE TABLE greetings (word text DEFAULT greeting());

-- +goose Down
DROP TABLE greetings;
DROP FUNCTION greeting();
