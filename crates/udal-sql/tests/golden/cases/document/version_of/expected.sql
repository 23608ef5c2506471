SELECT "version"
FROM "udal_documents"
WHERE "id" = $1 AND "model" = $2 AND "owned_by" = $3;
-- $1 text: "Invoice/1"
-- $2 text: "Invoice"
-- $3 text: "ann"
