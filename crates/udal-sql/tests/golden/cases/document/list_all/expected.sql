SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND true
ORDER BY "id"
LIMIT $2;
-- $1 text: "Invoice"
-- $2 bigint: 11
