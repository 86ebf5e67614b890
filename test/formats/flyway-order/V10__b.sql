CREATE TABLE copied (LIKE users);
