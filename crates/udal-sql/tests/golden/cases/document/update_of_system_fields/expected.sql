UPDATE "udal_documents"
SET "version" = "version" + 1, "team_id" = $1
WHERE "id" = $2 AND "model" = $3 AND "team_id" = $4 AND "version" = $5
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body";
-- $1 text: "blue"
-- $2 text: "Invoice/1"
-- $3 text: "Invoice"
-- $4 text: "red"
-- $5 bigint: 3
