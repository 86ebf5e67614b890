-- migrate:up
CREATE TYPE product_status AS ENUM ('draft', 'active', 'retired');

-- Whole millimetres: every carrier's tariff is written in them.
CREATE TYPE parcel_dimensions AS (
    length_mm  integer,
    width_mm   integer,
    height_mm  integer
);
COMMENT ON TYPE parcel_dimensions IS 'Outer size of something packed';

CREATE TABLE categories (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id   integer REFERENCES categories (id) ON DELETE RESTRICT,
    slug        text COLLATE "C" NOT NULL,
    name        text NOT NULL,
    sort_order  smallint NOT NULL DEFAULT 0,
    CONSTRAINT categories_slug_key UNIQUE (slug),
    CONSTRAINT categories_slug_shape CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    CONSTRAINT categories_not_own_parent CHECK (parent_id <> id)
);
CREATE INDEX categories_parent_id_idx ON categories (parent_id, sort_order);

CREATE TABLE products (
    id           bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000) PRIMARY KEY,
    sku          text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    description  text NOT NULL DEFAULT '',
    status       product_status NOT NULL DEFAULT 'draft',
    packed_size  parcel_dimensions,
    attributes   jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_sku_key UNIQUE (sku),
    CONSTRAINT products_attributes_is_object
        CHECK (jsonb_typeof(attributes) = 'object')
);
COMMENT ON COLUMN products.attributes IS
    'Facts that differ from one category to the next: colour, voltage, pages';

CREATE TRIGGER products_touch_updated_at
    BEFORE UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE product_categories (
    product_id   bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    category_id  integer NOT NULL REFERENCES categories (id) ON DELETE CASCADE,
    PRIMARY KEY (product_id, category_id)
);
-- The primary key serves the product page; this one serves the category page.
CREATE INDEX product_categories_category_id_idx
    ON product_categories (category_id, product_id);

GRANT SELECT ON categories, products, product_categories TO PUBLIC;

-- migrate:down
DROP TABLE product_categories;
DROP TABLE products;
DROP TABLE categories;
DROP TYPE parcel_dimensions;
DROP TYPE product_status;
