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
-- $1 text[]: ["Customer/é"]
-- $2 text: "Invoice"
-- $3 text: "Invoice/1"
-- $4 bigint: 1
-- $5 timestamptz: "2024-01-01T00:00:00Z"
-- $6 timestamptz: "2024-01-01T00:00:00Z"
-- $7 text: "ann"
-- $8 text: "ann"
-- $9 text[]: ["bob","zoe"]
-- $10 text: "red"
-- $11 jsonb: {"amounts":["2","10"],"customer":"Customer/é","due":"2024-03-01","extra":{"a":[null,1]},"number":"a'b\\c%","order":"x","paid":false,"quantity":-9007199254740993,"rate":0.1,"sent_at":"2024-02-29T22:59:59.500000Z","status":"it's void","steps":["2024-01-01T00:00:00.000000Z","2023-01-01T00:00:00.000001Z"],"tags":["a","b"],"total":"1.1"}
-- $12 bigint: 1
-- $13 text[]: ["Invoice/1"]
-- $14 text[]: ["customer"]
-- $15 text[]: ["Customer/é"]
