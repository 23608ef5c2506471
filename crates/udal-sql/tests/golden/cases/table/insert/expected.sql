INSERT INTO "invoices" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT DO NOTHING;
-- $1 text: "Invoice/1"
-- $2 bigint: 1
-- $3 timestamptz: "2024-01-01T00:00:00Z"
-- $4 timestamptz: "2024-01-01T00:00:00Z"
-- $5 text: "ann"
-- $6 text: "ann"
-- $7 text[]: ["bob","zoe"]
-- $8 text: "red"
-- $9 text: "a'b\\c%"
-- $10 text: "x"
-- $11 bigint: -9007199254740993
-- $12 double precision: 0.1
-- $13 boolean: false
-- $14 timestamptz: "2024-02-29T22:59:59.500000Z"
-- $15 date: "2024-03-01"
-- $16 numeric: "1.1"
-- $17 text: "it's void"
-- $18 jsonb: {"a":[null,1]}
-- $19 text[]: ["a","b"]
-- $20 numeric[]: ["2","10"]
-- $21 timestamptz[]: ["2024-01-01T00:00:00Z","2023-01-01T00:00:00.000001Z"]
-- $22 text: "Customer/é"
-- $23 text: NULL

COPY "invoices" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total", "status", "extra", "tags", "amounts", "steps", "customer", "from")
FROM STDIN (FORMAT binary);
