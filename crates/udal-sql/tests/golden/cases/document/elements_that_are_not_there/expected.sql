SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ((("body"->'tags') IS NULL OR NOT ("body" @> $2)) OR ("assigned_to" IS NULL OR NOT ("assigned_to" @> $3)));
-- $1 text: "Invoice"
-- $2 jsonb: {"tags":["a"]}
-- $3 text[]: ["ann"]
