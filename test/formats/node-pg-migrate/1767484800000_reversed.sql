-- Down Migration
DROP TABLE items;
-- Up Migration
CREATE TABLE items (id bigint);
