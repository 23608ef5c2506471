SELECT count(*)
FROM "invoices"
WHERE (("owned_by" = $1 OR "assigned_to" @> $2 OR "owned_by" = ANY ($3) OR "id" = $4) AND (("status" = $5 AND "quantity" = $6) OR "total" = $7));
-- $1 text: "ann"
-- $2 text[]: ["ann"]
-- $3 text[]: ["bob","cid"]
-- $4 text: "Invoice/1"
-- $5 text: "open"
-- $6 bigint: 1
-- $7 numeric: "1.1"
