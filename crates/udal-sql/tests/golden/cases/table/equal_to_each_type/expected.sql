SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE ("number" = $1 OR "order" = $2 OR "quantity" = $3 OR "rate" = $4 OR "paid" = $5 OR "sent_at" = $6 OR "due" = $7 OR "total" = $8 OR "status" = $9 OR "customer" = $10 OR "owned_by" = $11 OR "created_at" = $12 OR "version" = $13)
ORDER BY "id"
LIMIT $14;
-- $1 text: "a\"b"
-- $2 text: "x"
-- $3 bigint: 5
-- $4 double precision: 0.5
-- $5 boolean: true
-- $6 timestamptz: "2024-01-01T00:00:00Z"
-- $7 date: "2024-01-01"
-- $8 numeric: "1.5"
-- $9 text: "it's void"
-- $10 text: "Customer/1"
-- $11 text: "ann"
-- $12 timestamptz: "2024-01-01T00:00:00Z"
-- $13 bigint: 2
-- $14 bigint: 11
