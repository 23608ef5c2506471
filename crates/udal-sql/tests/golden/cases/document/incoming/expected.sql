SELECT "model", "id", "version", "body"
FROM "udal_documents"
WHERE "id" IN (SELECT "source" FROM "udal_links" WHERE "target" = $1 AND "source" <> $2)
ORDER BY "id"
FOR NO KEY UPDATE;
-- $1 text: "Customer/1"
-- $2 text: "Customer/1"
