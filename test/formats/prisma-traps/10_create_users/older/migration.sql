CREATE TABLE older (id bigint);
