SELECT count(*)
FROM "invoices"
WHERE (("quantity" IS NULL OR "quantity" < $1) OR (("order" IS NULL OR "order" <> $2) AND "paid" = $3));
-- $1 bigint: 5
-- $2 text: "x"
-- $3 boolean: true
