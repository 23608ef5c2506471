WITH RECURSIVE "level" AS (SELECT 0::bigint AS "depth", s."states", s."records", s."zeros" AS "ranks", s."zeros" AS "parents", s."zeros" AS "links", s."states" AS "met_states", s."records" AS "met"
FROM (SELECT h."states", array_fill(h."record", ARRAY[cardinality(h."states")]) COLLATE "C" AS "records", array_fill(0::bigint, ARRAY[cardinality(h."states")]) AS "zeros" FROM (SELECT "id" AS "record", array_remove(ARRAY[CASE WHEN true AND EXISTS (SELECT FROM "udal_documents" WHERE "id" = $1 AND "model" = $2 AND true) THEN $3 END]::bigint[], NULL) AS "states" FROM "udal_documents" WHERE "id" = $4 AND "model" = $5 AND true) AS h) AS s UNION ALL
SELECT l."depth" + 1, n."states", n."records", n."ranks", n."parents", n."links", l."met_states" || n."states", (l."met" || n."records") COLLATE "C"
FROM "level" AS l CROSS JOIN LATERAL (SELECT array_agg(r."state" ORDER BY r."rank", r."state") AS "states", array_agg(r."record" ORDER BY r."rank", r."state") COLLATE "C" AS "records", array_agg(r."rank" ORDER BY r."rank", r."state") AS "ranks", array_agg(r."way" & 1048575 ORDER BY r."rank", r."state") AS "parents", array_agg((r."way" >> 20) & 1048575 ORDER BY r."rank", r."state") AS "links" FROM (SELECT k."state", k."record", k."way", dense_rank() OVER (ORDER BY k."way" >> 40, k."record" COLLATE "C", (k."way" >> 20) & 1048575) AS "rank" FROM (SELECT c."state", c."record", min(c."way") AS "way" FROM (SELECT t."to" AS "state", g."target" COLLATE "C" AS "record", (f."rank" << 40) | (t."link" << 20) | f."place" AS "way" FROM unnest(l."states", l."records", l."ranks") WITH ORDINALITY AS f("state", "record", "rank", "place") JOIN unnest($6, $7, $8, $9, $10, $11) AS t("from", "field", "holder", "link", "to", "check") ON t."from" = f."state" JOIN "udal_links" AS g ON g."source" = f."record" COLLATE "C" AND g."field" = t."field" COLLATE "C" UNION ALL SELECT t."to" AS "state", g."source" COLLATE "C" AS "record", (f."rank" << 40) | (t."link" << 20) | f."place" AS "way" FROM unnest(l."states", l."records", l."ranks") WITH ORDINALITY AS f("state", "record", "rank", "place") JOIN unnest($12, $13, $14, $15, $16, $17) AS t("from", "field", "holder", "link", "to", "check") ON t."from" = f."state" JOIN "udal_links" AS g ON g."target" = f."record" COLLATE "C" AND g."field" = t."field" COLLATE "C" AND g."source" ^@ t."holder" UNION ALL SELECT m."state", m."record", -1::bigint AS "way" FROM unnest(l."met_states", l."met") AS m("state", "record")) AS c GROUP BY c."state", c."record" HAVING min(c."way") >= 0) AS k ORDER BY "rank", k."state" LIMIT greatest(0, $18 - cardinality(l."met"))) AS r) AS n
WHERE l."depth" < $19 AND n."states" IS NOT NULL), "met" AS MATERIALIZED (SELECT DISTINCT e."record"
FROM "level" AS l, unnest(l."records") AS e("record"))
SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body", l."depth", e."state", e."parent", e."link", e."place", e."record", NULL::text AS "field", NULL::text AS "target"
FROM "level" AS l LEFT JOIN LATERAL unnest(l."states", l."records", l."parents", l."links") WITH ORDINALITY AS e("state", "record", "parent", "link", "place") ON true LEFT JOIN "udal_documents" ON "id" = CASE WHEN e."state" = ANY ($20) THEN e."record" END UNION ALL (SELECT NULL::text, NULL::bigint, NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::text, NULL::text[], NULL::text, NULL::jsonb, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, g."source", g."field", g."target"
FROM "met" AS m JOIN unnest($21, $22) AS v("field", "holder") ON m."record" ^@ v."holder" JOIN "udal_links" AS g ON g."source" = m."record" COLLATE "C" AND g."field" = v."field" COLLATE "C"
WHERE g."target" IN (SELECT "record" FROM "met")
LIMIT $23);
-- $1 text: "Invoice/2"
-- $2 text: "Invoice"
-- $3 bigint: 0
-- $4 text: "Invoice/1"
-- $5 text: "Invoice"
-- $6 bigint[]: [0]
-- $7 text[]: ["from"]
-- $8 text[]: ["Invoice/"]
-- $9 bigint[]: [1]
-- $10 bigint[]: [0]
-- $11 bigint[]: [0]
-- $12 bigint[]: [0]
-- $13 text[]: ["from"]
-- $14 text[]: ["Invoice/"]
-- $15 bigint[]: [0]
-- $16 bigint[]: [0]
-- $17 bigint[]: [0]
-- $18 bigint: 101
-- $19 bigint: 4
-- $20 bigint[]: []
-- $21 text[]: ["from"]
-- $22 text[]: ["Invoice/"]
-- $23 bigint: 500001
