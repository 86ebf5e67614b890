-- migrate:up
CREATE TYPE coupon_kind AS ENUM ('percentage', 'fixed_amount', 'free_shipping');

CREATE TABLE coupons (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text NOT NULL,
    kind             coupon_kind NOT NULL,
    percent_off      numeric(4, 1),
    amount_off       money_amount,
    valid_on         daterange NOT NULL DEFAULT daterange(current_date, NULL),
    max_redemptions  integer,
    CONSTRAINT coupons_percent_off_range CHECK (percent_off > 0 AND percent_off <= 100),
    CONSTRAINT coupons_max_redemptions_positive CHECK (max_redemptions > 0),
    -- Exactly the value which the kind calls for, and no other.
    CONSTRAINT coupons_value_matches_kind CHECK (
        (kind = 'percentage') = (percent_off IS NOT NULL)
        AND (kind = 'fixed_amount') = (amount_off IS NOT NULL)
    )
);
COMMENT ON CONSTRAINT coupons_value_matches_kind ON coupons IS
    'Free shipping has neither value';

-- Printed in capitals, typed in any way.
CREATE UNIQUE INDEX coupons_code_key ON coupons (upper(code));
CREATE INDEX coupons_valid_on_idx ON coupons USING gist (valid_on);

CREATE TABLE coupon_redemptions (
    -- One coupon an order, hence the key.
    order_id     bigint PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    coupon_id    bigint NOT NULL REFERENCES coupons (id) ON DELETE NO ACTION,
    redeemed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX coupon_redemptions_coupon_id_idx ON coupon_redemptions (coupon_id);

INSERT INTO coupons (code, kind, percent_off, amount_off, valid_on, max_redemptions) VALUES
    ('WELCOME5', 'fixed_amount',  NULL, 5.00, daterange('2024-08-19', NULL), NULL),
    ('AUTUMN24', 'percentage',    12.5, NULL, daterange('2024-09-01', '2024-12-01'), 5000),
    ('SENDFREE', 'free_shipping', NULL, NULL, daterange('2024-08-19', '2024-10-01'), NULL);

-- migrate:down
DROP TABLE coupon_redemptions;
DROP TABLE coupons;
DROP TYPE coupon_kind;
