-- The users.

-- migrate:up
CREATE TABLE users (
	id bigint PRIMARY KEY,
	name text NOT NULL DEFAULT 'it''s; nobody'
);
INSERT INTO users VALUES (1, 'first');

-- migrate:down
DROP TABLE users;
