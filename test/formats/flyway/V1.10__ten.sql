ALTER TABLE nine ADD ten int;
