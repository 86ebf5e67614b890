create table copied (like users);
