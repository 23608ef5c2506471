SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ("owned_by" = $2 OR "id" = ANY ($3));
-- $1 text: "Invoice"
-- $2 text: "ann"
-- $3 text[]: ["Invoice/1","Invoice/2"]
