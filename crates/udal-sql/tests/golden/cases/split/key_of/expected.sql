SELECT "created_at"
FROM "readings__ids"
WHERE "id" = $1;
-- $1 text: "Reading/1"

SELECT "created_at"
FROM "readings__ids"
WHERE "id" = $1
FOR UPDATE;
-- $1 text: "Reading/1"
