-- migrate:up
ALTER TABLE products ADD COLUMN purchase_cost money_amount;
COMMENT ON COLUMN products.purchase_cost IS 'What we pay, in EUR';

-- Not for everybody's eyes, and a grant on the table would cover it: from now
-- on the public columns are granted one by one.
REVOKE SELECT ON products FROM PUBLIC;
GRANT SELECT (id, sku, name, description, status, packed_size, attributes,
              search_document)
    ON products TO PUBLIC;

-- One row to edit per product, for the spreadsheet-like page of merchandising.
CREATE VIEW catalogue_admin AS
SELECT p.id,
       p.sku,
       p.name,
       p.status,
       p.purchase_cost,
       current_price(p.id, 'EUR') AS price_eur
FROM products AS p;

CREATE FUNCTION catalogue_admin_write() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO products (sku, name, status, purchase_cost)
        VALUES (NEW.sku, NEW.name, coalesce(NEW.status, 'draft'), NEW.purchase_cost)
        RETURNING id, status INTO NEW.id, NEW.status;
    ELSE
        UPDATE products
        SET sku = NEW.sku, name = NEW.name, status = NEW.status,
            purchase_cost = NEW.purchase_cost
        WHERE id = OLD.id;
        NEW.id := OLD.id;

        IF NEW.price_eur IS NOT DISTINCT FROM OLD.price_eur THEN
            RETURN NEW;
        END IF;

        -- A price set earlier in this very transaction was never in force.
        DELETE FROM prices
        WHERE product_id = OLD.id AND currency = 'EUR'
          AND lower(valid_during) = now();
        UPDATE prices
        SET valid_during = tstzrange(lower(valid_during), now())
        WHERE product_id = OLD.id AND currency = 'EUR'
          AND valid_during @> now();
    END IF;

    IF NEW.price_eur IS NOT NULL THEN
        INSERT INTO prices (product_id, currency, amount)
        VALUES (NEW.id, 'EUR', NEW.price_eur);
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER catalogue_admin_write
    INSTEAD OF INSERT OR UPDATE ON catalogue_admin
    FOR EACH ROW EXECUTE FUNCTION catalogue_admin_write();

-- migrate:down
DROP VIEW catalogue_admin;
DROP FUNCTION catalogue_admin_write();

REVOKE SELECT (id, sku, name, description, status, packed_size, attributes,
               search_document)
    ON products FROM PUBLIC;
GRANT SELECT ON products TO PUBLIC;

ALTER TABLE products DROP COLUMN purchase_cost;
