SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE true
ORDER BY "total" DESC NULLS LAST, "sent_at" NULLS FIRST, "quantity", "number" DESC, "id"
LIMIT $1 OFFSET $2;
-- $1 bigint: 6
-- $2 bigint: 20
