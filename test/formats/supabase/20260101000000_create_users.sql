create table users (id bigint primary key, name text);
alter table users enable row level security;
