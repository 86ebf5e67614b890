-- +goose Up
-- +goose ENVSUB OFF
CREATE TABLE orders (id bigint);
