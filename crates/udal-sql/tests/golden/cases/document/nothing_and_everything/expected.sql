SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (false AND true);
-- $1 text: "Invoice"
