ALTER TABLE "ten" ADD COLUMN "nine" text;
--> statement-breakpoint
ALTER TABLE "ten" ADD COLUMN "eight" text;
