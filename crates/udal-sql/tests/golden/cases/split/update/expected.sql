UPDATE "readings"
SET "version" = "version" + 1, "value" = $1, "flags" = $2
WHERE "id" = $3 AND "created_at" = $4 AND true
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags";
-- $1 double precision: NULL
-- $2 text[]: ["high"]
-- $3 text: "Reading/1"
-- $4 timestamptz: "2024-02-29T12:00:00Z"
