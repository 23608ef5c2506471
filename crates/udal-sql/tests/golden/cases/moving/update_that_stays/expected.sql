UPDATE "shifts"
SET "version" = "version" + 1, "note" = $1
WHERE "id" = $2 AND "day" = $3 AND true
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note";
-- $1 text: "n"
-- $2 text: "Shift/1"
-- $3 date: "2024-12-31"
