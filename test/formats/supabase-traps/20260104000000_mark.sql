-- pg-delta: transaction=false
create index concurrently orders_id_desc on orders (id desc);
alter table orders add column note text;
