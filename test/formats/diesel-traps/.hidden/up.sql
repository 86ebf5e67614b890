CREATE TABLE hidden (id bigint);
