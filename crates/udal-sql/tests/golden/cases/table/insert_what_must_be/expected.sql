INSERT INTO "invoices" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT DO NOTHING;
-- $1 text: "Invoice/2"
-- $2 bigint: 1
-- $3 timestamptz: "2024-01-01T00:00:00Z"
-- $4 timestamptz: "2024-01-01T00:00:00Z"
-- $5 text: NULL
-- $6 text: NULL
-- $7 text[]: NULL
-- $8 text: NULL
-- $9 text: ""
-- $10 text: NULL
-- $11 bigint: 0
-- $12 double precision: NULL
-- $13 boolean: NULL
-- $14 timestamptz: NULL
-- $15 date: NULL
-- $16 numeric: NULL
-- $17 text: NULL
-- $18 jsonb: NULL
-- $19 text[]: NULL
-- $20 numeric[]: NULL
-- $21 timestamptz[]: []
-- $22 text: NULL
-- $23 text: NULL

COPY "invoices" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from")
FROM STDIN (FORMAT binary);
