CREATE TABLE twelve();
