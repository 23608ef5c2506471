SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM ((SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" IS NULL AND "total" IS NULL AND "id" > $1 ORDER BY "sent_at" NULLS FIRST, "total" DESC NULLS LAST, "id" LIMIT $2) UNION ALL (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "sent_at" IS NOT NULL ORDER BY "sent_at" NULLS FIRST, "total" DESC NULLS LAST, "id" LIMIT $3)) AS "page"
ORDER BY "sent_at" NULLS FIRST, "total" DESC NULLS LAST, "id"
LIMIT $4;
-- $1 text: "Invoice/7"
-- $2 bigint: 6
-- $3 bigint: 6
-- $4 bigint: 6
