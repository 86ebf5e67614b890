CREATE TABLE "users" (
	"id" bigint PRIMARY KEY NOT NULL,
	"name" text DEFAULT '--> statement-breakpoint'
);
--> statement-breakpoint
CREATE INDEX "users_name" ON "users" ("name");