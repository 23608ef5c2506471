SELECT count(*)
FROM "invoices"
WHERE ("team_id" = $1 AND "status" <> $2);
-- $1 text: "red"
-- $2 text: "open"
