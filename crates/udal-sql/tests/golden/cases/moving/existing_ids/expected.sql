SELECT "id"
FROM "shifts__ids"
WHERE "id" = ANY ($1);
-- $1 text[]: ["Shift/1","Shift/2"]
