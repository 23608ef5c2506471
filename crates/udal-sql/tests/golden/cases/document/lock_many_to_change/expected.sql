SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "id" = ANY ($1) AND "model" = $2 AND "team_id" = $3
ORDER BY "id"
FOR NO KEY UPDATE;
-- $1 text[]: ["Invoice/1"]
-- $2 text: "Invoice"
-- $3 text: "red"
