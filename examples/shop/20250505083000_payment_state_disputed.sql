-- migrate:up
-- Chargebacks. Nothing may write the value before the next version is in.
ALTER TYPE payment_state ADD VALUE 'disputed' AFTER 'captured';

-- migrate:down
DROP INDEX payments_to_capture_idx;
ALTER TABLE payments ALTER COLUMN state DROP DEFAULT;

ALTER TYPE payment_state RENAME TO payment_state_with_disputed;
CREATE TYPE payment_state AS ENUM ('authorised', 'captured', 'failed', 'refunded');

-- A payment in dispute is money we still hold.
ALTER TABLE payments
    ALTER COLUMN state TYPE payment_state
    USING CASE state WHEN 'disputed' THEN 'captured'
                     ELSE state::text END::payment_state;
DROP TYPE payment_state_with_disputed;

ALTER TABLE payments ALTER COLUMN state SET DEFAULT 'authorised';
CREATE INDEX payments_to_capture_idx ON payments (created_at)
    WHERE state = 'authorised';
