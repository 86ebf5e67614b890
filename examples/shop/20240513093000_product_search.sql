-- migrate:up
-- Two kinds of search: whole words by rank, and trigrams for the box that
-- suggests while one types (and mistypes).
CREATE EXTENSION pg_trgm WITH SCHEMA public;

ALTER TABLE products
    ADD COLUMN search_document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english'::regconfig, name), 'A') ||
        setweight(to_tsvector('english'::regconfig, description), 'B')
    ) STORED;

CREATE INDEX products_search_document_idx ON products USING gin (search_document);
CREATE INDEX products_name_trgm_idx ON products USING gin (name gin_trgm_ops);
-- Only @> is asked of attributes, and jsonb_path_ops is half the size for it.
CREATE INDEX products_attributes_idx ON products USING gin (attributes jsonb_path_ops);

CREATE FUNCTION search_products(query text, max_rows integer DEFAULT 20)
RETURNS TABLE (product_id bigint, sku text, name text, rank real)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public
AS $$
    SELECT p.id, p.sku, p.name, ts_rank(p.search_document, q)
    FROM products AS p,
         websearch_to_tsquery('english', query) AS q
    WHERE p.search_document @@ q
      AND p.status = 'active'
    ORDER BY ts_rank(p.search_document, q) DESC, p.id
    LIMIT max_rows;
$$;

-- migrate:down
DROP FUNCTION search_products(text, integer);
DROP INDEX products_attributes_idx;
DROP INDEX products_name_trgm_idx;
ALTER TABLE products DROP COLUMN search_document;
DROP EXTENSION pg_trgm;
