SELECT count(*)
FROM "invoices"
WHERE ("order" <> ALL ($1) OR "due" <> ALL ($2));
-- $1 text[]: ["a","b"]
-- $2 date[]: ["2024-01-01"]
