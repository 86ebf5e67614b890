create table no_name (
	id bigint default 1 -- one
);
