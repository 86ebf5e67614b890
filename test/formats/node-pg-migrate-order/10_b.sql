-- up migration
CREATE TABLE copied (LIKE users);
-- DOWN MIGRATION
DROP TABLE copied;
