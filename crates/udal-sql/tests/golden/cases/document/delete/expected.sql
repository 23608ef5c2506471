WITH l AS (DELETE
FROM "udal_links"
WHERE "source" = $1 OR "target" = $1)
DELETE
FROM "udal_documents"
WHERE "id" = $1;
-- $1 text: "Invoice/1"
