WITH f AS (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note"
FROM "shifts"
WHERE "id" = $1 AND "day" = $2 AND true AND "version" = $3
FOR UPDATE), u AS (UPDATE "shifts"
SET "version" = "version" + 1, "day" = $4
WHERE "id" = $5 AND "day" = $6 AND EXISTS (SELECT FROM f)
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note"), i AS (UPDATE "shifts__ids"
SET "day" = $7
WHERE "id" = $8 AND EXISTS (SELECT FROM f))
SELECT *
FROM u;
-- $1 text: "Shift/1"
-- $2 date: "2024-12-31"
-- $3 bigint: 1
-- $4 date: "2025-01-01"
-- $5 text: "Shift/1"
-- $6 date: "2024-12-31"
-- $7 date: "2025-01-01"
-- $8 text: "Shift/1"
