CREATE FUNCTION greeting() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
	-- no-transaction; and  words; 'unpaired
	RETURN 'a;b';
END
$body$;
CREATE FUNCTION greeting_sum(a int) RETURNS int BEGIN ATOMIC SELECT a + 1; SELECT a + 2; END;
