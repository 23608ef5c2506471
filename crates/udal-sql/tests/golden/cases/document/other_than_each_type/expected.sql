SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (("body"->>'number') COLLATE "C" <> $2 OR ("body"->>'quantity')::bigint <> $3 OR ("body"->>'rate')::double precision <> $4 OR ("body"->>'paid')::boolean <> $5 OR ("body"->>'sent_at') COLLATE "C" <> $6 OR ("body"->>'total')::numeric <> $7 OR "owned_by" <> $8);
-- $1 text: "Invoice"
-- $2 text: "a"
-- $3 bigint: 5
-- $4 double precision: 0.5
-- $5 boolean: true
-- $6 text: "2024-01-01T00:00:00.000000Z"
-- $7 numeric: "1.5"
-- $8 text: "ann"
