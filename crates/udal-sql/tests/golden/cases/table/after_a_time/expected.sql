SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM ((SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" <= $1 AND ("sent_at" < $2 OR "id" > $3) ORDER BY "sent_at" DESC NULLS LAST, "id" LIMIT $4) UNION ALL (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" IS NULL ORDER BY "sent_at" DESC NULLS LAST, "id" LIMIT $5)) AS "page"
ORDER BY "sent_at" DESC NULLS LAST, "id"
LIMIT $6;
-- $1 timestamptz: "2024-01-01T00:00:00Z"
-- $2 timestamptz: "2024-01-01T00:00:00Z"
-- $3 text: "Invoice/7"
-- $4 bigint: 6
-- $5 bigint: 6
-- $6 bigint: 6
