-- migrate:up
CREATE TABLE fifth (a int);
-- migrate:down
DROP TABLE fifth;
