-- migrate:up
CREATE TABLE first (a int);
-- migrate:down
DROP TABLE second;
-- migrate:up
CREATE TABLE second (a int);
-- migrate:down
DROP TABLE first;
