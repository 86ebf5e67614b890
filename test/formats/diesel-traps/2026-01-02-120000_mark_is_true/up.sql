CREATE TABLE in_transaction (id bigint);
