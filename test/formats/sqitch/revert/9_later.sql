-- Revert shop:9_later from pg

ALTER TABLE late DROP b;
