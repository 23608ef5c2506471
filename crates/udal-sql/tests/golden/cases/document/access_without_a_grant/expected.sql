SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1 AND false;
-- $1 text: "Invoice"
