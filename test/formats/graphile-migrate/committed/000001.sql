--! Previous: -
--! Hash: sha1:7a65b26810eceac90f09fbbe86c5e1bbf65c6747

CREATE TABLE users (id bigint PRIMARY KEY, name text);
