-- migrate:up
CREATE TABLE eight ();
-- migrate:down
