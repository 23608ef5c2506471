SELECT count(*)
FROM "invoices"
WHERE ("owned_by" = $1 OR "assigned_to" @> $2 OR "owned_by" = ANY ($3));
-- $1 text: "ann"
-- $2 text[]: ["ann"]
-- $3 text[]: ["bob","cid"]
