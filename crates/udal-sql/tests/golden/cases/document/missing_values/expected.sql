SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (("body"->>'order') COLLATE "C" IS NULL OR ("body"->'tags') IS NULL OR ("body"->'extra') IS NULL OR ("body"->'steps') IS NULL OR "team_id" IS NULL);
-- $1 text: "Invoice"
