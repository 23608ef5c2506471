SELECT count(*)
FROM "invoices"
WHERE ("owned_by" = $1 OR "id" = ANY ($2));
-- $1 text: "ann"
-- $2 text[]: ["Invoice/1","Invoice/2"]
