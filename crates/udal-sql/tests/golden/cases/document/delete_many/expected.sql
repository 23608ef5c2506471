SELECT "model", "id", "version", "body"
FROM "udal_documents"
WHERE "id" IN (SELECT "source" FROM "udal_links" WHERE "target" = ANY ($1))
ORDER BY "id"
FOR NO KEY UPDATE;
-- $1 text[]: ["Invoice/1","Invoice/2"]

WITH l AS (DELETE
FROM "udal_links"
WHERE "source" = ANY ($1) OR "target" = ANY ($1))
DELETE
FROM "udal_documents"
WHERE "id" = ANY ($1);
-- $1 text[]: ["Invoice/1","Invoice/2"]
