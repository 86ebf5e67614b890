-- migrate:up
-- The warehouse export is incremental now and needs updated_at on everything
-- it reads. Five tables, one recipe.
DO $do$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['addresses', 'coupons', 'reviews', 'shipments', 'stock_levels']
    LOOP
        EXECUTE format(
            'ALTER TABLE %I ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()', t);
        EXECUTE format(
            'CREATE INDEX %I ON %I (updated_at)', t || '_updated_at_idx', t);
        EXECUTE format(
            $sql$
            CREATE TRIGGER %I
                BEFORE UPDATE ON %I
                FOR EACH ROW EXECUTE FUNCTION touch_updated_at()
            $sql$,
            t || '_touch_updated_at', t);
    END LOOP;
END
$do$;

-- migrate:down
DO $do$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['addresses', 'coupons', 'reviews', 'shipments', 'stock_levels']
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %I', t || '_touch_updated_at', t);
        -- takes its index along
        EXECUTE format('ALTER TABLE %I DROP COLUMN updated_at', t);
    END LOOP;
END
$do$;
