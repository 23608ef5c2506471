SELECT count(*)
FROM "invoices"
WHERE "team_id" = $1;
-- $1 text: "red"
