SELECT count(*)
FROM "invoices"
WHERE ("number" = ANY ($1) OR "quantity" = ANY ($2) OR "sent_at" = ANY ($3) OR "total" = ANY ($4) OR "status" = $5);
-- $1 text[]: ["a","b"]
-- $2 bigint[]: [1,2]
-- $3 timestamptz[]: ["2023-01-01T00:00:00.500000Z","2024-01-01T00:00:00Z"]
-- $4 numeric[]: ["1.5","2"]
-- $5 text: "open"
