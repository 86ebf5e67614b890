-- a word
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE copied (LIKE users);
CREATE INDEX CONCURRENTLY ON copied (id); -- why
