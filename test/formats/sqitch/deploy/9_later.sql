-- Deploy shop:9_later to pg

ALTER TABLE late ADD b int;
