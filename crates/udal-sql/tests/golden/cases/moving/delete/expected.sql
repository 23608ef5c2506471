WITH f AS (SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note"
FROM "shifts"
WHERE "id" = $1 AND "day" = $2 AND true AND "version" = $3
FOR UPDATE), d AS (DELETE
FROM "shifts"
WHERE "id" = $4 AND "day" = $5 AND EXISTS (SELECT FROM f)), i AS (DELETE
FROM "shifts__ids"
WHERE "id" = $6 AND EXISTS (SELECT FROM f))
SELECT *
FROM f;
-- $1 text: "Shift/1"
-- $2 date: "2024-12-31"
-- $3 bigint: 2
-- $4 text: "Shift/1"
-- $5 date: "2024-12-31"
-- $6 text: "Shift/1"
