-- some words

--migrate:up
CREATE TABLE copied (LIKE users);
--   migrate:down   
DROP TABLE copied