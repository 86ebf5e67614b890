-- migrate:up transaction:false
CREATE TABLE third (a int);
-- migrate:down transaction:true
DROP TABLE third;
