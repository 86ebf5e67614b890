CREATE TABLE "ten" ("id" bigint);
CREATE TABLE "eleven" ("id" bigint);