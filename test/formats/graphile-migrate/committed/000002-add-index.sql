--! Previous: sha1:7a65b26810eceac90f09fbbe86c5e1bbf65c6747
--! Hash: sha1:d24e788fb0f00b31b896e38a8eb4882db95fe437
--! Message: add an index

--! no-transaction
CREATE INDEX CONCURRENTLY users_name ON users (name);
