-- migrate:up
-- Customers are to be audited as well, but the log must not become a second
-- place that keeps personal data. Redact on the way in, and skip the updates
-- that change nothing but the time of the change: they were half of the rows.
CREATE OR REPLACE FUNCTION audit.log_change() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    personal CONSTANT text[] := ARRAY['email', 'given_name', 'family_name'];
    before jsonb;
    after jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        before := to_jsonb(OLD) - 'updated_at' - personal;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := to_jsonb(NEW) - 'updated_at' - personal;
    END IF;
    -- An update of personal data alone is still worth a row: that it happened.
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
        RETURN NULL;
    END IF;

    INSERT INTO audit.row_change (table_name, operation, old_row, new_row)
    VALUES (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP, before, after);
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION audit.log_change() IS 'Leaves out personal data and empty updates';

CREATE TRIGGER customers_audit
    AFTER INSERT OR UPDATE OR DELETE ON customers
    FOR EACH ROW EXECUTE FUNCTION audit.log_change();

-- "What happened to order 4711" searches inside the row.
CREATE INDEX row_change_new_row_idx ON audit.row_change USING gin (new_row jsonb_path_ops);

-- migrate:down
DROP INDEX audit.row_change_new_row_idx;
DROP TRIGGER customers_audit ON customers;

CREATE OR REPLACE FUNCTION audit.log_change() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO audit.row_change (table_name, operation, old_row, new_row)
    VALUES (
        TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME,
        TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION audit.log_change() IS NULL;
