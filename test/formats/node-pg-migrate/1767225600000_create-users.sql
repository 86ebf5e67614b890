-- Up Migration
CREATE TABLE users (id bigint PRIMARY KEY, name text);
-- Down Migration
DROP TABLE users;
