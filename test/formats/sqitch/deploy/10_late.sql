-- Deploy shop:10_late to pg

BEGIN;

CREATE TABLE late (a int);

COMMIT;
