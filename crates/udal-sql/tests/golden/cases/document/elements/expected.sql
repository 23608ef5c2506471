SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ("body" @> $2 OR "body" @> $3 OR "body" @> $4 OR "assigned_to" @> $5);
-- $1 text: "Invoice"
-- $2 jsonb: {"tags":["a'b"]}
-- $3 jsonb: {"amounts":["1.5"]}
-- $4 jsonb: {"steps":["2024-01-01T00:00:00.000000Z"]}
-- $5 text[]: ["ann"]
