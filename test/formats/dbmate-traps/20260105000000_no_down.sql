-- migrate:up
CREATE TABLE fourth (a int);
