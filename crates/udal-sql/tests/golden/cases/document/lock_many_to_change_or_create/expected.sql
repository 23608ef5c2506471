SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body", ("team_id" = $1) IS TRUE
FROM "udal_documents"
WHERE "id" = ANY ($2) AND "model" = $3
ORDER BY "id"
FOR NO KEY UPDATE;
-- $1 text: "red"
-- $2 text[]: ["Invoice/1"]
-- $3 text: "Invoice"
