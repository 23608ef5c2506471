SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM ((SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" = $1 AND "id" > $2 ORDER BY "sent_at" DESC NULLS LAST, "id" LIMIT $3) UNION ALL (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" < $4 ORDER BY "sent_at" DESC NULLS LAST, "id" LIMIT $5) UNION ALL (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" IS NULL ORDER BY "sent_at" DESC NULLS LAST, "id" LIMIT $6)) AS "page"
ORDER BY "sent_at" DESC NULLS LAST, "id"
LIMIT $7;
-- $1 timestamptz: "2024-01-01T00:00:00Z"
-- $2 text: "Invoice/7"
-- $3 bigint: 6
-- $4 timestamptz: "2024-01-01T00:00:00Z"
-- $5 bigint: 6
-- $6 bigint: 6
-- $7 bigint: 6
