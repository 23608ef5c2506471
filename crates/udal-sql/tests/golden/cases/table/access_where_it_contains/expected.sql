SELECT count(*)
FROM "invoices"
WHERE ("team_id" = $1 AND strpos("number", $2) > 0 AND "tags" @> $3);
-- $1 text: "red"
-- $2 text: "50%_"
-- $3 text[]: ["a"]
