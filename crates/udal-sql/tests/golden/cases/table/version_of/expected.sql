SELECT "version"
FROM "invoices"
WHERE "id" = $1 AND "owned_by" = $2;
-- $1 text: "Invoice/1"
-- $2 text: "ann"
