SELECT "id"
FROM "udal_documents"
WHERE "id" = ANY ($1)
ORDER BY "id"
FOR KEY SHARE;
-- $1 text[]: ["Customer/1","Invoice/1"]
