create table orders (id bigint);
create index concurrently orders_id on orders (id);
create table items (id bigint)