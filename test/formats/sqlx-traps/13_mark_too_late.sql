
-- no-transaction
CREATE TABLE late (id bigint);
COMMENT ON TABLE late IS $$-- no-transaction$$;
