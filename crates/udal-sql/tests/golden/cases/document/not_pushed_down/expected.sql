SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ((("body"->>'quantity')::bigint IS NULL OR ("body"->>'quantity')::bigint < $2) OR ((("body"->>'order') COLLATE "C" IS NULL OR ("body"->>'order') COLLATE "C" <> $3) AND "body" @> $4));
-- $1 text: "Invoice"
-- $2 bigint: 5
-- $3 text: "x"
-- $4 jsonb: {"paid":true}
