-- migrate:up
CREATE TYPE payment_state AS ENUM ('authorised', 'captured', 'failed', 'refunded');

CREATE TABLE payments (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id      bigint NOT NULL REFERENCES orders (id) ON DELETE RESTRICT,
    provider      text COLLATE "C" NOT NULL,
    provider_ref  text COLLATE "C" NOT NULL,
    state         payment_state NOT NULL DEFAULT 'authorised',
    amount        money_amount NOT NULL,
    currency      currency_code NOT NULL,
    refund_of     uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- A provider may deliver the same notice twice; the second must bounce.
    CONSTRAINT payments_provider_ref_key UNIQUE (provider, provider_ref),
    -- Settlement files list refunds before the payments they belong to, so
    -- the check has to wait for the commit.
    CONSTRAINT payments_refund_of_fkey FOREIGN KEY (refund_of)
        REFERENCES payments (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT payments_not_own_refund CHECK (refund_of <> id)
);
CREATE INDEX payments_order_id_idx ON payments (order_id);
CREATE INDEX payments_to_capture_idx ON payments (created_at)
    WHERE state = 'authorised';

-- migrate:down
DROP TABLE payments;
DROP TYPE payment_state;
