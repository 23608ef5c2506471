UPDATE "invoices"
SET "version" = "version" + 1, "team_id" = $1
WHERE "id" = $2 AND "team_id" = $3 AND "version" = $4
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from";
-- $1 text: "blue"
-- $2 text: "Invoice/1"
-- $3 text: "red"
-- $4 bigint: 3
