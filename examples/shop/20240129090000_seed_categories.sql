-- migrate:up
-- The tree the shop opens with. Merchandising edits it from then on, so this
-- is a starting point and not a list to keep in step.
INSERT INTO categories (slug, name, sort_order) VALUES
    ('kitchen',  'Kitchen',        10),
    ('garden',   'Garden',         20),
    ('books',    'Books',          30),
    ('lighting', 'Lighting',       40);

INSERT INTO categories (parent_id, slug, name, sort_order)
SELECT parent.id, child.slug, child.name, child.sort_order
FROM (VALUES
    ('kitchen',  'coffee',         'Coffee and tea',    10),
    ('kitchen',  'knives',         'Knives',            20),
    ('kitchen',  'cookware',       'Pots and pans',     30),
    ('garden',   'hand-tools',     'Hand tools',        10),
    ('garden',   'seeds',          'Seeds and bulbs',   20),
    ('books',    'cooking-books',  'Cooking',           10),
    ('books',    'garden-books',   'Gardening',         20),
    ('lighting', 'desk-lamps',     'Desk lamps',        10)
) AS child (parent_slug, slug, name, sort_order)
JOIN categories AS parent ON parent.slug = child.parent_slug;

-- migrate:down
-- One statement, so that parents and children go together.
DELETE FROM categories
WHERE slug IN ('kitchen', 'garden', 'books', 'lighting', 'coffee', 'knives',
               'cookware', 'hand-tools', 'seeds', 'cooking-books',
               'garden-books', 'desk-lamps');
