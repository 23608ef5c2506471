DELETE
FROM "invoices"
WHERE "id" = ANY ($1);
-- $1 text[]: ["Invoice/1","Invoice/2"]
