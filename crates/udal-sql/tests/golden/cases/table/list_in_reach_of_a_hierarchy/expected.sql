SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE ("owned_by" = $1 OR "assigned_to" @> $2 OR "owned_by" = ANY ($3))
ORDER BY "id"
LIMIT $4;
-- $1 text: "ann"
-- $2 text[]: ["ann"]
-- $3 text[]: ["bob","cid"]
-- $4 bigint: 11
