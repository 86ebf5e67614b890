alter table one add column name text;
