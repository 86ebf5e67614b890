create table one (id bigint);
