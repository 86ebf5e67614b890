-- migrate:up
CREATE TABLE old();
-- migrate:down
