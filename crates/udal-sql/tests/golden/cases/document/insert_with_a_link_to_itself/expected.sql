WITH t AS (SELECT "id"
FROM "udal_documents"
WHERE "id" = ANY ($1)
ORDER BY "id"
FOR KEY SHARE), i AS (INSERT INTO "udal_documents" ("model", "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body")
SELECT $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
WHERE (SELECT count(*) FROM t) = $12
ON CONFLICT DO NOTHING
RETURNING "id"), l AS (INSERT INTO "udal_links" ("source", "field", "target")
SELECT n.*
FROM i, unnest($13, $14, $15) n
ON CONFLICT DO NOTHING)
SELECT ARRAY(SELECT "id"
FROM t), EXISTS (SELECT
FROM i);
-- $1 text[]: []
-- $2 text: "Invoice"
-- $3 text: "Invoice/2"
-- $4 bigint: 1
-- $5 timestamptz: "2024-01-01T00:00:00Z"
-- $6 timestamptz: "2024-01-01T00:00:00Z"
-- $7 text: NULL
-- $8 text: NULL
-- $9 text[]: NULL
-- $10 text: NULL
-- $11 jsonb: {"from":"Invoice/2","number":"n","quantity":0}
-- $12 bigint: 0
-- $13 text[]: ["Invoice/2"]
-- $14 text[]: ["from"]
-- $15 text[]: ["Invoice/2"]
