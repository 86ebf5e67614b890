-- migrate:up
CREATE TABLE payment_disputes (
    payment_id    uuid PRIMARY KEY REFERENCES payments (id) ON DELETE CASCADE,
    opened_at     timestamptz NOT NULL DEFAULT now(),
    -- The banks give us three weeks to answer. UTC, because a generated
    -- column must not depend on the session's time zone.
    answer_by     date NOT NULL GENERATED ALWAYS AS
                  ((opened_at AT TIME ZONE 'UTC')::date + 21) STORED,
    evidence      jsonb NOT NULL DEFAULT '[]',
    won           boolean,
    CONSTRAINT payment_disputes_evidence_is_list CHECK (jsonb_typeof(evidence) = 'array')
);
COMMENT ON COLUMN payment_disputes.won IS 'NULL while the bank is thinking';
CREATE INDEX payment_disputes_open_idx ON payment_disputes (answer_by) WHERE won IS NULL;
CREATE INDEX payments_disputed_idx ON payments (created_at) WHERE state = 'disputed';

-- Payments the provider's adapter has marked in the meantime.
INSERT INTO payment_disputes (payment_id, opened_at)
SELECT id, created_at
FROM payments
WHERE state = 'disputed';

CREATE VIEW reporting.open_disputes AS
SELECT d.payment_id, p.order_id, p.provider, p.amount, p.currency, d.answer_by
FROM payment_disputes AS d
JOIN payments AS p ON p.id = d.payment_id
WHERE d.won IS NULL;

-- migrate:down
DROP VIEW reporting.open_disputes;
DROP INDEX payments_disputed_idx;
DROP TABLE payment_disputes;
