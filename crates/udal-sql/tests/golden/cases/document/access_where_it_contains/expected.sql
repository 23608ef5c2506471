SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ("team_id" = $2 AND strpos(("body"->>'number') COLLATE "C", $3) > 0 AND "body" @> $4);
-- $1 text: "Invoice"
-- $2 text: "red"
-- $3 text: "50%_"
-- $4 jsonb: {"tags":["a"]}
