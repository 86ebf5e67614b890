--! Previous: sha1:d24e788fb0f00b31b896e38a8eb4882db95fe437
--! Hash: sha1:bcc3da35565b31eaae657258a68587e4b42d1c3c
--! Message: included

--! Included functions/greeting.sql
CREATE FUNCTION greeting() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
	-- a semicolon; and more
	RETURN 'a;b';
END
$body$;
--! EndIncluded functions/greeting.sql
CREATE TABLE greetings (word text DEFAULT greeting());
