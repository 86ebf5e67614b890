-- migrate:up

CREATE FUNCTION greeting() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
	-- a semicolon; and more
	RETURN 'a;b';
END
$body$;

-- migrate:down
DROP FUNCTION greeting();
