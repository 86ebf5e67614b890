-- migrate:up
CREATE TABLE carriers (
    code           text COLLATE "C" PRIMARY KEY,
    name           text NOT NULL,
    tracking_page  text
);
COMMENT ON COLUMN carriers.tracking_page IS
    'Address with %s where the tracking code goes';

INSERT INTO carriers (code, name, tracking_page) VALUES
    ('other',   'Other carrier',   NULL),
    ('parcel',  'City Parcel',     'https://track.cityparcel.example/%s'),
    ('freight', 'Rhein Freight',   'https://rheinfreight.example/t?no=%s');

CREATE TABLE shipments (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id       bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    -- Carriers come and go; what they once carried falls back to 'other'.
    carrier_code   text COLLATE "C" NOT NULL DEFAULT 'other'
                   REFERENCES carriers (code)
                   ON UPDATE CASCADE ON DELETE SET DEFAULT,
    tracking_code  text COLLATE "C",
    parcel         parcel_dimensions,
    weight_kg      numeric(8, 3),
    shipped_at     timestamptz NOT NULL DEFAULT now(),
    delivered_at   timestamptz,
    CONSTRAINT shipments_weight_kg_positive CHECK (weight_kg > 0),
    CONSTRAINT shipments_delivered_after_shipped CHECK (delivered_at >= shipped_at)
);
COMMENT ON COLUMN shipments.weight_kg IS 'As weighed by the carrier';
CREATE INDEX shipments_order_id_idx ON shipments (order_id);
CREATE INDEX shipments_under_way_idx ON shipments (carrier_code, shipped_at)
    WHERE delivered_at IS NULL;

-- An order may leave in several parcels, and a line may be split over them.
CREATE TABLE shipment_items (
    shipment_id  bigint NOT NULL REFERENCES shipments (id) ON DELETE CASCADE,
    order_id     bigint NOT NULL,
    line_no      smallint NOT NULL,
    quantity     integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, order_id, line_no),
    CONSTRAINT shipment_items_order_item_fkey FOREIGN KEY (order_id, line_no)
        REFERENCES order_items (order_id, line_no) ON DELETE CASCADE
);

-- migrate:down
DROP TABLE shipment_items;
DROP TABLE shipments;
DROP TABLE carriers;
