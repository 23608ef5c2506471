SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags"
FROM "readings"
WHERE "id" = $1 AND "created_at" = $2 AND true;
-- $1 text: "Reading/1"
-- $2 timestamptz: "2024-02-29T12:00:00Z"
