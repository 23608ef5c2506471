SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE "paid" = $1 AND "id" > $2
ORDER BY "id"
LIMIT $3;
-- $1 boolean: true
-- $2 text: "Invoice/7"
-- $3 bigint: 6
