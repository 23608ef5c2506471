SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note"
FROM "shifts"
WHERE "id" = $1 AND "day" = $2 AND true;
-- $1 text: "Shift/1"
-- $2 date: "2024-12-31"
