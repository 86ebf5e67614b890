-- migrate:up
-- What the call centre may see of a customer. security_barrier: no function
-- of theirs runs on a row before the WHERE has let the row through.
CREATE VIEW customer_directory WITH (security_barrier = true) AS
SELECT c.id,
       c.given_name,
       left(c.family_name, 1) AS family_initial,
       regexp_replace(c.email::text, '^(.).*@', '\1***@') AS masked_email,
       c.created_at
FROM customers AS c
WHERE c.email NOT LIKE '%@shop.invalid';
COMMENT ON VIEW customer_directory IS 'Masked; people who asked to be forgotten are gone';

-- The orders of somebody who asks to be forgotten have to stay, so a DELETE
-- here empties the person instead of removing the row.
CREATE RULE forget_customer AS ON DELETE TO customer_directory
    DO INSTEAD
    UPDATE customers
    SET email = 'forgotten-' || OLD.id || '@shop.invalid',
        given_name = 'Forgotten',
        family_name = ''
    WHERE customers.id = OLD.id;
COMMENT ON RULE forget_customer ON customer_directory IS 'Right to erasure';

GRANT SELECT ON customer_directory TO PUBLIC;

-- migrate:down
DROP VIEW customer_directory;
