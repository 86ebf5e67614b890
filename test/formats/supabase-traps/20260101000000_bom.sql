create table bom (id bigint);
