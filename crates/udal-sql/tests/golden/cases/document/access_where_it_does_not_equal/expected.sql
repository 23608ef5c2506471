SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ("team_id" = $2 AND ("body"->>'status') COLLATE "C" <> $3);
-- $1 text: "Invoice"
-- $2 text: "red"
-- $3 text: "open"
