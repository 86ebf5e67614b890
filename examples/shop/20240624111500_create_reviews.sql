-- migrate:up
CREATE TABLE reviews (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    -- The opinion outlives the account, without its name.
    customer_id   bigint REFERENCES customers (id) ON DELETE SET NULL,
    rating        smallint NOT NULL,
    title         text NOT NULL,
    body          text NOT NULL DEFAULT '',
    is_published  boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reviews_rating_in_stars CHECK (rating BETWEEN 1 AND 5)
);

CREATE UNIQUE INDEX reviews_one_per_customer ON reviews (product_id, customer_id)
    WHERE customer_id IS NOT NULL;
-- The stars on a list page come from the index alone.
CREATE INDEX reviews_stars_idx ON reviews (product_id) INCLUDE (rating)
    WHERE is_published;
CREATE INDEX reviews_to_moderate_idx ON reviews (created_at) WHERE NOT is_published;

CREATE VIEW product_ratings AS
SELECT product_id,
       count(*) AS review_count,
       round(avg(rating), 1) AS average_rating
FROM reviews
WHERE is_published
GROUP BY product_id;

GRANT SELECT ON product_ratings TO PUBLIC;

-- migrate:down
DROP VIEW product_ratings;
DROP TABLE reviews;
