WITH u AS (UPDATE "shifts"
SET "version" = "version" + 1, "day" = $1
WHERE "id" = $2 AND "day" = $3 AND true AND "version" = $4
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note"), i AS (UPDATE "shifts__ids"
SET "day" = $5
WHERE "id" = $6 AND EXISTS (SELECT FROM u))
SELECT *
FROM u;
-- $1 date: "2025-01-01"
-- $2 text: "Shift/1"
-- $3 date: "2024-12-31"
-- $4 bigint: 1
-- $5 date: "2025-01-01"
-- $6 text: "Shift/1"
