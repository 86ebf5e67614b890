CREATE TABLE crlf (
	id bigint DEFAULT 1 -- one
);
