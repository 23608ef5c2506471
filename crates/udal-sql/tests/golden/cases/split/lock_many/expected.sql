SELECT "id", "created_at"
FROM "readings__ids"
WHERE "id" = ANY ($1);
-- $1 text[]: ["Reading/1","Reading/2"]

SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags"
FROM "readings", unnest($1, $2) AS "k$" ("id$", "key$")
WHERE "id" = "id$" AND "created_at" = "key$" AND "created_at" >= $3 AND "created_at" <= $4 AND "team_id" = $5
ORDER BY "id"
FOR NO KEY UPDATE OF "readings";
-- $1 text[]: ["Reading/1","Reading/2"]
-- $2 timestamptz[]: ["2024-02-29T12:00:00Z","2024-01-01T00:00:00Z"]
-- $3 timestamptz: "2024-01-01T00:00:00Z"
-- $4 timestamptz: "2024-02-29T12:00:00Z"
-- $5 text: "red"
