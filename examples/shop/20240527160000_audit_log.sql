-- migrate:up
CREATE SCHEMA audit;
COMMENT ON SCHEMA audit IS 'Who changed what; written by triggers only';

-- No identity column: partitioned tables cannot have one before PostgreSQL 17.
CREATE SEQUENCE audit.row_change_id_seq AS bigint CACHE 50;

-- One partition a quarter, so that old ones can be archived as a whole.
CREATE TABLE audit.row_change (
    id          bigint NOT NULL DEFAULT nextval('audit.row_change_id_seq'),
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by  text NOT NULL DEFAULT session_user,
    table_name  text NOT NULL,
    operation   text NOT NULL,
    old_row     jsonb,
    new_row     jsonb,
    PRIMARY KEY (id, changed_at),
    CONSTRAINT row_change_operation_known
        CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE'))
) PARTITION BY RANGE (changed_at);
ALTER SEQUENCE audit.row_change_id_seq OWNED BY audit.row_change.id;

CREATE INDEX row_change_table_name_idx ON audit.row_change (table_name, changed_at);

CREATE TABLE audit.row_change_2024q2 PARTITION OF audit.row_change
    FOR VALUES FROM ('2024-04-01 00:00+00') TO ('2024-07-01 00:00+00');
CREATE TABLE audit.row_change_2024q3 PARTITION OF audit.row_change
    FOR VALUES FROM ('2024-07-01 00:00+00') TO ('2024-10-01 00:00+00');
CREATE TABLE audit.row_change_2024q4 PARTITION OF audit.row_change
    FOR VALUES FROM ('2024-10-01 00:00+00') TO ('2025-01-01 00:00+00');
-- So that a forgotten partition costs us some tidying and never an order.
CREATE TABLE audit.row_change_default PARTITION OF audit.row_change DEFAULT;

-- SECURITY DEFINER: the application may not write to the audit schema itself.
CREATE FUNCTION audit.log_change() RETURNS trigger
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
REVOKE ALL ON FUNCTION audit.log_change() FROM PUBLIC;

CREATE TRIGGER orders_audit
    AFTER INSERT OR UPDATE OR DELETE ON orders
    FOR EACH ROW EXECUTE FUNCTION audit.log_change();
CREATE TRIGGER payments_audit
    AFTER INSERT OR UPDATE OR DELETE ON payments
    FOR EACH ROW EXECUTE FUNCTION audit.log_change();
CREATE TRIGGER prices_audit
    AFTER INSERT OR UPDATE OR DELETE ON prices
    FOR EACH ROW EXECUTE FUNCTION audit.log_change();

-- migrate:down
DROP TRIGGER prices_audit ON prices;
DROP TRIGGER payments_audit ON payments;
DROP TRIGGER orders_audit ON orders;
DROP FUNCTION audit.log_change();
DROP TABLE audit.row_change;
DROP SCHEMA audit;
