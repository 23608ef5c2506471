SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM ((SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "rate" = $1 AND "number" >= $2 AND ("number", "id") > ($3, $4) ORDER BY "rate" DESC NULLS LAST, "number", "id" LIMIT $5) UNION ALL (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "rate" < $6 ORDER BY "rate" DESC NULLS LAST, "number", "id" LIMIT $7) UNION ALL (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from" FROM "invoices" WHERE true AND "rate" IS NULL ORDER BY "rate" DESC NULLS LAST, "number", "id" LIMIT $8)) AS "page"
ORDER BY "rate" DESC NULLS LAST, "number", "id"
LIMIT $9;
-- $1 double precision: 0.5
-- $2 text: "n"
-- $3 text: "n"
-- $4 text: "Invoice/7"
-- $5 bigint: 6
-- $6 double precision: 0.5
-- $7 bigint: 6
-- $8 bigint: 6
-- $9 bigint: 6
