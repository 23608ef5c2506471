SELECT "id"
FROM "readings__ids"
WHERE "id" = ANY ($1);
-- $1 text[]: ["Reading/1","Reading/2"]
