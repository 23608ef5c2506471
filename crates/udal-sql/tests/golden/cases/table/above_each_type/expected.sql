SELECT count(*)
FROM "invoices"
WHERE ("number" > $1 OR "quantity" >= $2 OR "rate" < $3 OR "sent_at" > $4 OR "due" >= $5 OR "total" < $6 OR "version" > $7);
-- $1 text: "a"
-- $2 bigint: 5
-- $3 double precision: 0.5
-- $4 timestamptz: "2024-01-01T00:00:00Z"
-- $5 date: "2024-01-01"
-- $6 numeric: "1.5"
-- $7 bigint: 1
