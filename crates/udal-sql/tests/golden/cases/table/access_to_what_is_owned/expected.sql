SELECT count(*)
FROM "invoices"
WHERE "owned_by" = $1;
-- $1 text: "ann"
