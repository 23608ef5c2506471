SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (("body"->>'order') COLLATE "C" <> ALL ($2) OR ("body"->>'due') COLLATE "C" <> ALL ($3));
-- $1 text: "Invoice"
-- $2 text[]: ["a","b"]
-- $3 text[]: ["2024-01-01"]
