SELECT count(*)
FROM "invoices"
WHERE ("owned_by" = $1 OR "assigned_to" @> $2);
-- $1 text: "ann"
-- $2 text[]: ["ann"]
