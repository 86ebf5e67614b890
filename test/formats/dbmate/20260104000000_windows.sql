--migrate:up
CREATE TABLE orders (
	id bigint PRIMARY KEY,
	user_id bigint REFERENCES users
);

--migrate:down
DROP TABLE orders;
