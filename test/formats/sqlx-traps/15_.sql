CREATE TABLE no_description (id bigint);
