-- migrate:up
CREATE TABLE sixth (a int);
-- migrate:down
DROP TABLE sixth;
