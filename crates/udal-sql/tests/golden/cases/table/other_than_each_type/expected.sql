SELECT count(*)
FROM "invoices"
WHERE ("number" <> $1 OR "quantity" <> $2 OR "rate" <> $3 OR "paid" <> $4 OR "sent_at" <> $5 OR "total" <> $6 OR "owned_by" <> $7);
-- $1 text: "a"
-- $2 bigint: 5
-- $3 double precision: 0.5
-- $4 boolean: true
-- $5 timestamptz: "2024-01-01T00:00:00Z"
-- $6 numeric: "1.5"
-- $7 text: "ann"
