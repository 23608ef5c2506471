SELECT "id", "day"
FROM "shifts__ids"
WHERE "id" = ANY ($1)
ORDER BY "id"
FOR UPDATE;
-- $1 text[]: ["Shift/1"]

SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note"
FROM "shifts", unnest($1, $2) AS "k$" ("id$", "key$")
WHERE "id" = "id$" AND "day" = "key$" AND "day" >= $3 AND "day" <= $4 AND true
ORDER BY "id"
FOR UPDATE OF "shifts";
-- $1 text[]: ["Shift/1"]
-- $2 date[]: ["2024-12-31"]
-- $3 date: "2024-12-31"
-- $4 date: "2024-12-31"
