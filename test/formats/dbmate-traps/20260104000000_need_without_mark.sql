-- migrate:up
CREATE INDEX CONCURRENTLY third_a ON third (a);
-- migrate:down
DROP INDEX third_a;
