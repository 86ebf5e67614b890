begin;
create table in_block (id bigint);
commit;
