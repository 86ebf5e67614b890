CREATE TABLE "users" (
	"id" bigint PRIMARY KEY NOT NULL,
	"name" text
);
--> statement-breakpoint
CREATE INDEX "users_name" ON "users" ("name");