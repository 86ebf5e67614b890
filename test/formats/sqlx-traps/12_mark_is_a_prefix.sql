-- no-transaction-at-all
ALTER TABLE orders ADD COLUMN note text;
