WITH d AS (DELETE
FROM "udal_documents"
WHERE "id" = $1 AND "model" = $2 AND "owned_by" = $3 AND "version" = $4
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"), l AS (DELETE
FROM "udal_links"
WHERE "source" IN (SELECT "id" FROM d))
SELECT *
FROM d;
-- $1 text: "Invoice/1"
-- $2 text: "Invoice"
-- $3 text: "ann"
-- $4 bigint: 2
