-- migrate:up transaction:false
BEGIN;
CREATE TABLE blk(a int);
COMMIT;
-- migrate:down
