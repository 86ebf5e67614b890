-- +goose up
CREATE TABLE thirteen();
-- +goose down
DROP TABLE thirteen;
