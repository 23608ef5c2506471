SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1 AND "team_id" = $2;
-- $1 text: "Invoice"
-- $2 text: "red"
