CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL)--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "name" text; --> statement-breakpoint
--> statement-breakpoint
-- only a comment
--> statement-breakpoint
  --> statement-breakpoint   
CREATE INDEX "users_name" ON "users" ("name")