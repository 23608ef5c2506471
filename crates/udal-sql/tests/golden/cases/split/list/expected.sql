SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags"
FROM "readings"
WHERE "created_at" >= $1
ORDER BY "created_at" DESC, "id"
LIMIT $2;
-- $1 timestamptz: "2024-01-01T00:00:00Z"
-- $2 bigint: 11
