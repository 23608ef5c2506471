WITH d AS (DELETE
FROM "readings"
WHERE "id" = $1 AND "created_at" = $2 AND true AND "version" = $3
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags"), i AS (DELETE
FROM "readings__ids"
WHERE "id" = $4 AND EXISTS (SELECT FROM d))
SELECT *
FROM d;
-- $1 text: "Reading/1"
-- $2 timestamptz: "2024-02-29T12:00:00Z"
-- $3 bigint: 2
-- $4 text: "Reading/1"
