SELECT "id"
FROM "invoices"
WHERE "id" = ANY ($1);
-- $1 text[]: ["Invoice/1"]
