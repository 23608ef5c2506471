WITH RECURSIVE "level" AS (SELECT 0::bigint AS "depth", s."states", s."records", s."zeros" AS "ranks", s."zeros" AS "parents", s."zeros" AS "links", s."states" AS "met_states", s."records" AS "met"
FROM (SELECT h."states", array_fill(h."record", ARRAY[cardinality(h."states")]) COLLATE "C" AS "records", array_fill(0::bigint, ARRAY[cardinality(h."states")]) AS "zeros" FROM (SELECT "id" AS "record", array_remove(ARRAY[CASE WHEN true THEN $1 END]::bigint[], NULL) AS "states" FROM "udal_documents" WHERE "id" = $2 AND "model" = $3 AND "owned_by" = $4) AS h) AS s UNION ALL
SELECT l."depth" + 1, n."states", n."records", n."ranks", n."parents", n."links", l."met_states" || n."states", (l."met" || n."records") COLLATE "C"
FROM "level" AS l CROSS JOIN LATERAL (SELECT array_agg(r."state" ORDER BY r."rank", r."state") AS "states", array_agg(r."record" ORDER BY r."rank", r."state") COLLATE "C" AS "records", array_agg(r."rank" ORDER BY r."rank", r."state") AS "ranks", array_agg(r."way" & 1048575 ORDER BY r."rank", r."state") AS "parents", array_agg((r."way" >> 20) & 1048575 ORDER BY r."rank", r."state") AS "links" FROM (SELECT k."state", k."record", k."way", dense_rank() OVER (ORDER BY k."way" >> 40, k."record" COLLATE "C", (k."way" >> 20) & 1048575) AS "rank" FROM (SELECT c."state", c."record", min(c."way") AS "way" FROM (SELECT t."to" AS "state", g."target" COLLATE "C" AS "record", (f."rank" << 40) | (t."link" << 20) | f."place" AS "way" FROM unnest(l."states", l."records", l."ranks") WITH ORDINALITY AS f("state", "record", "rank", "place") JOIN unnest($5, $6, $7, $8, $9, $10) AS t("from", "field", "holder", "link", "to", "check") ON t."from" = f."state" JOIN "udal_links" AS g ON g."source" = f."record" COLLATE "C" AND g."field" = t."field" COLLATE "C" JOIN "udal_documents" ON "id" = g."target" AND CASE t."check" WHEN $11 THEN ("owned_by" = $12 AND ("body"->>'quantity')::bigint > $13) WHEN $14 THEN ("owned_by" = $15 AND (("body"->>'quantity')::bigint > $16 AND "body" @> $17)) WHEN $18 THEN "owned_by" = $19 WHEN $20 THEN ("owned_by" = $21 AND "body" @> $22) END UNION ALL SELECT m."state", m."record", -1::bigint AS "way" FROM unnest(l."met_states", l."met") AS m("state", "record")) AS c GROUP BY c."state", c."record" HAVING min(c."way") >= 0) AS k ORDER BY "rank", k."state" LIMIT greatest(0, $23 - cardinality(l."met"))) AS r) AS n
WHERE l."depth" < $24 AND n."states" IS NOT NULL)
SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body", l."depth", e."state", e."parent", e."link", e."place", e."record", NULL::text AS "field", NULL::text AS "target"
FROM "level" AS l LEFT JOIN LATERAL unnest(l."states", l."records", l."parents", l."links") WITH ORDINALITY AS e("state", "record", "parent", "link", "place") ON true LEFT JOIN "udal_documents" ON "id" = CASE WHEN e."state" = ANY ($25) THEN e."record" END;
-- $1 bigint: 0
-- $2 text: "Invoice/1"
-- $3 text: "Invoice"
-- $4 text: "ann"
-- $5 bigint[]: [0,0,1,1]
-- $6 text[]: ["copies","copies","from","from"]
-- $7 text[]: ["Invoice/","Invoice/","Invoice/","Invoice/"]
-- $8 bigint[]: [0,0,1,1]
-- $9 bigint[]: [1,2,1,2]
-- $10 bigint[]: [0,1,2,3]
-- $11 bigint: 0
-- $12 text: "ann"
-- $13 bigint: 3
-- $14 bigint: 1
-- $15 text: "ann"
-- $16 bigint: 3
-- $17 jsonb: {"status":"open"}
-- $18 bigint: 2
-- $19 text: "ann"
-- $20 bigint: 3
-- $21 text: "ann"
-- $22 jsonb: {"status":"open"}
-- $23 bigint: 101
-- $24 bigint: 5
-- $25 bigint[]: [2]
