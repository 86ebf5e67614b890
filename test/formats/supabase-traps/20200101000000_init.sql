create table what_every_project_has (id bigint);
