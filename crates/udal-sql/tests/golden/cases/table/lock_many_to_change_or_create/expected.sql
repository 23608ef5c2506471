SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from", ("team_id" = $1) IS TRUE
FROM "invoices"
WHERE "id" = ANY ($2)
ORDER BY "id"
FOR NO KEY UPDATE OF "invoices";
-- $1 text: "red"
-- $2 text[]: ["Invoice/1"]
