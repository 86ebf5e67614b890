-- migrate:up
-- Two names for each country: ours for the back office, theirs for address
-- labels (España and not "Spain", 日本 and not "Japan"), because some postal
-- services only read their own.
CREATE TABLE countries (
    iso_code     country_code PRIMARY KEY,
    name         text NOT NULL,
    native_name  text NOT NULL,
    ships_to     boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE countries IS
    'Countries we know how to address, e.g. Österreich, Ísland, 日本';

INSERT INTO countries (iso_code, name, native_name, ships_to) VALUES
    ('AT', 'Austria',       'Österreich',    true),
    ('BE', 'Belgium',       'België',        true),
    ('CH', 'Switzerland',   'Schweiz',       true),
    ('CI', 'Ivory Coast',   'Côte d''Ivoire', false),
    ('CZ', 'Czechia',       'Česko',         true),
    ('DE', 'Germany',       'Deutschland',   true),
    ('DK', 'Denmark',       'Danmark',       true),
    ('ES', 'Spain',         'España',        true),
    ('FR', 'France',        'France',        true),
    ('GR', 'Greece',        'Ελλάδα',        false),
    ('IS', 'Iceland',       'Ísland',        false),
    ('JP', 'Japan',         '日本',           false),
    ('NL', 'Netherlands',   'Nederland',     true),
    ('PL', 'Poland',        'Polska',        true),
    ('UA', 'Ukraine',       'Україна',       false);

-- The address form reads this before anybody has signed in.
GRANT SELECT ON countries TO PUBLIC;

-- migrate:down
DROP TABLE countries;
