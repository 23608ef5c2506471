DELETE
FROM "invoices"
WHERE "id" = $1 AND "owned_by" = $2 AND "version" = $3
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from";
-- $1 text: "Invoice/1"
-- $2 text: "ann"
-- $3 bigint: 2
