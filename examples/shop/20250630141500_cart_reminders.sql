-- migrate:up
-- Up to three reminders a cart from now on, so one column no longer does.
CREATE TABLE cart_reminders (
    cart_id  uuid NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
    step     smallint NOT NULL,
    sent_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cart_id, step),
    CONSTRAINT cart_reminders_step_range CHECK (step BETWEEN 1 AND 3)
);

INSERT INTO cart_reminders (cart_id, step, sent_at)
SELECT id, 1, reminded_at
FROM carts
WHERE reminded_at IS NOT NULL;

DROP INDEX carts_to_remind_idx;
ALTER TABLE carts DROP COLUMN reminded_at;
CREATE INDEX carts_updated_at_idx ON carts (updated_at);

-- migrate:down
DROP INDEX carts_updated_at_idx;
ALTER TABLE carts ADD COLUMN reminded_at timestamptz;
COMMENT ON COLUMN carts.reminded_at IS 'When the "you left something behind" mail went out';

-- Not a visit of the customer: updated_at decides who gets a reminder.
ALTER TABLE carts DISABLE TRIGGER carts_touch_updated_at;
UPDATE carts AS c
SET reminded_at = r.first_sent_at
FROM (SELECT cart_id, min(sent_at) AS first_sent_at
      FROM cart_reminders
      GROUP BY cart_id) AS r
WHERE r.cart_id = c.id;
ALTER TABLE carts ENABLE TRIGGER carts_touch_updated_at;

CREATE INDEX carts_to_remind_idx ON carts (updated_at)
    WHERE reminded_at IS NULL;
DROP TABLE cart_reminders;
