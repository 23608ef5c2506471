WITH f AS (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags"
FROM "readings"
WHERE "id" = $1 AND "created_at" = $2 AND true AND "version" = $3
FOR UPDATE), d AS (DELETE
FROM "readings"
WHERE "id" = $4 AND "created_at" = $5 AND EXISTS (SELECT FROM f)), i AS (DELETE
FROM "readings__ids"
WHERE "id" = $6 AND EXISTS (SELECT FROM f))
SELECT *
FROM f;
-- $1 text: "Reading/1"
-- $2 timestamptz: "2024-02-29T12:00:00Z"
-- $3 bigint: 2
-- $4 text: "Reading/1"
-- $5 timestamptz: "2024-02-29T12:00:00Z"
-- $6 text: "Reading/1"
