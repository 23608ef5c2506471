SELECT "day"
FROM "shifts__ids"
WHERE "id" = $1;
-- $1 text: "Shift/1"

SELECT "day"
FROM "shifts__ids"
WHERE "id" = $1
FOR UPDATE;
-- $1 text: "Shift/1"
