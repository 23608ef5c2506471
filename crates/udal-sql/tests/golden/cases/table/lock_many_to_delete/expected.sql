SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE "id" = ANY ($1) AND true
ORDER BY "id"
FOR UPDATE OF "invoices";
-- $1 text[]: ["Invoice/1"]
