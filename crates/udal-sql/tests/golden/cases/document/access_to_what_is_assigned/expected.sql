SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ("owned_by" = $2 OR "assigned_to" @> $3);
-- $1 text: "Invoice"
-- $2 text: "ann"
-- $3 text[]: ["ann"]
