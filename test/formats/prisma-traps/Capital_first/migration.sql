ALTER TABLE copied ADD COLUMN email text;
