CREATE TABLE "orders" ("id" bigint)
--> statement-breakpoint
CREATE TABLE "items" ("id" bigint)--> statement-breakpoint
ALTER TABLE "items" ADD "name" text
