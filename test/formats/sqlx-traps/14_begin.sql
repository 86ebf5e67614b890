BEGIN;
CREATE TABLE in_block (id bigint);
COMMIT;
