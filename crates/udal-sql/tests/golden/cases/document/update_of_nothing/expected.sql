UPDATE "udal_documents"
SET "version" = "version" + 1
WHERE "id" = $1 AND "model" = $2 AND true
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body";
-- $1 text: "Invoice/1"
-- $2 text: "Invoice"
