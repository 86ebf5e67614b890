CREATE TABLE last (id bigint);
