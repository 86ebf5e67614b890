-- nothing but
SELECT 1 -- this