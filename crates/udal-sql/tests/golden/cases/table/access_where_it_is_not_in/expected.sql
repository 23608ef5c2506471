SELECT count(*)
FROM "invoices"
WHERE ("team_id" = $1 AND "quantity" <> ALL ($2));
-- $1 text: "red"
-- $2 bigint[]: [1,2]
