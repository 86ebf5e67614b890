--+goose Up
CREATE TABLE twelve();
--  +goose Down
DROP TABLE twelve;
