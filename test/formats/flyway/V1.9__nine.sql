CREATE TABLE nine (a int);
