SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ("body"->>'order') COLLATE "C" IS NOT NULL;
-- $1 text: "Invoice"
