-- Enter migration here
SELECT nothing;
