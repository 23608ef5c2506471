SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (("body"->>'number') COLLATE "C" = ANY ($2) OR ("body"->>'quantity')::bigint = ANY ($3) OR ("body"->>'sent_at') COLLATE "C" = ANY ($4) OR ("body"->>'total')::numeric = ANY ($5) OR "body" @> $6);
-- $1 text: "Invoice"
-- $2 text[]: ["a","b"]
-- $3 bigint[]: [1,2]
-- $4 text[]: ["2023-01-01T00:00:00.500000Z","2024-01-01T00:00:00.000000Z"]
-- $5 numeric[]: ["1.5","2"]
-- $6 jsonb: {"status":"open"}
