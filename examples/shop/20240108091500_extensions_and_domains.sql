-- migrate:up
-- E-mail addresses are compared without regard to case everywhere, so the
-- type does it and not every query.
CREATE EXTENSION citext WITH SCHEMA public;

CREATE DOMAIN email_address AS citext
    CONSTRAINT email_address_shape
    CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$');
COMMENT ON DOMAIN email_address IS
    'One mailbox; deliberately loose, the confirmation mail is the real test';

-- Codes are never sorted for people: "C" keeps their indexes small, quick and
-- safe from operating system collation upgrades.
CREATE DOMAIN currency_code AS text COLLATE "C"
    CONSTRAINT currency_code_shape CHECK (VALUE ~ '^[A-Z]{3}$');
COMMENT ON DOMAIN currency_code IS 'ISO 4217, e.g. EUR';

CREATE DOMAIN country_code AS text COLLATE "C"
    CONSTRAINT country_code_shape CHECK (VALUE ~ '^[A-Z]{2}$');
COMMENT ON DOMAIN country_code IS 'ISO 3166-1 alpha-2, e.g. DE';

CREATE DOMAIN money_amount AS numeric(12, 2)
    CONSTRAINT money_amount_not_negative CHECK (VALUE >= 0);

-- migrate:down
DROP DOMAIN money_amount;
DROP DOMAIN country_code;
DROP DOMAIN currency_code;
DROP DOMAIN email_address;
DROP EXTENSION citext;
