UPDATE "invoices"
SET "version" = "version" + 1, "owned_by" = $1, "assigned_to" = $2, "number" = $3, "order" = $4, "sent_at" = $5, "total" = $6, "tags" = $7
WHERE "id" = $8 AND true
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from";
-- $1 text: "bob"
-- $2 text[]: NULL
-- $3 text: "n"
-- $4 text: NULL
-- $5 timestamptz: "2024-01-01T00:00:00Z"
-- $6 numeric: "2.5"
-- $7 text[]: NULL
-- $8 text: "Invoice/1"
