WITH RECURSIVE "level" AS (SELECT 0::bigint AS "depth", s."states", s."records", s."zeros" AS "ranks", s."zeros" AS "parents", s."zeros" AS "links", s."states" AS "met_states", s."records" AS "met"
FROM (SELECT h."states", array_fill(h."record", ARRAY[cardinality(h."states")]) COLLATE "C" AS "records", array_fill(0::bigint, ARRAY[cardinality(h."states")]) AS "zeros" FROM (SELECT "id" AS "record", array_remove(ARRAY[CASE WHEN true THEN $1 END]::bigint[], NULL) AS "states" FROM "udal_documents" WHERE "id" = $2 AND "model" = $3 AND true) AS h) AS s UNION ALL
SELECT l."depth" + 1, n."states", n."records", n."ranks", n."parents", n."links", l."met_states" || n."states", (l."met" || n."records") COLLATE "C"
FROM "level" AS l CROSS JOIN LATERAL (SELECT array_agg(r."state" ORDER BY r."rank", r."state") AS "states", array_agg(r."record" ORDER BY r."rank", r."state") COLLATE "C" AS "records", array_agg(r."rank" ORDER BY r."rank", r."state") AS "ranks", array_agg(r."way" & 1048575 ORDER BY r."rank", r."state") AS "parents", array_agg((r."way" >> 20) & 1048575 ORDER BY r."rank", r."state") AS "links" FROM (SELECT k."state", k."record", k."way", dense_rank() OVER (ORDER BY k."way" >> 40, k."record" COLLATE "C", (k."way" >> 20) & 1048575) AS "rank" FROM (SELECT c."state", c."record", min(c."way") AS "way" FROM (SELECT t."to" AS "state", g."target" COLLATE "C" AS "record", (f."rank" << 40) | (t."link" << 20) | f."place" AS "way" FROM unnest(l."states", l."records", l."ranks") WITH ORDINALITY AS f("state", "record", "rank", "place") JOIN unnest($4, $5, $6, $7, $8, $9) AS t("from", "field", "holder", "link", "to", "check") ON t."from" = f."state" JOIN "udal_links" AS g ON g."source" = f."record" COLLATE "C" AND g."field" = t."field" COLLATE "C" UNION ALL SELECT t."to" AS "state", g."source" COLLATE "C" AS "record", (f."rank" << 40) | (t."link" << 20) | f."place" AS "way" FROM unnest(l."states", l."records", l."ranks") WITH ORDINALITY AS f("state", "record", "rank", "place") JOIN unnest($10, $11, $12, $13, $14, $15) AS t("from", "field", "holder", "link", "to", "check") ON t."from" = f."state" JOIN "udal_links" AS g ON g."target" = f."record" COLLATE "C" AND g."field" = t."field" COLLATE "C" AND g."source" ^@ t."holder" UNION ALL SELECT m."state", m."record", -1::bigint AS "way" FROM unnest(l."met_states", l."met") AS m("state", "record")) AS c GROUP BY c."state", c."record" HAVING min(c."way") >= 0) AS k ORDER BY "rank", k."state" LIMIT greatest(0, $16 - cardinality(l."met"))) AS r) AS n
WHERE l."depth" < $17 AND n."states" IS NOT NULL)
SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body", l."depth", e."state", e."parent", e."link", e."place", e."record", NULL::text AS "field", NULL::text AS "target"
FROM "level" AS l LEFT JOIN LATERAL unnest(l."states", l."records", l."parents", l."links") WITH ORDINALITY AS e("state", "record", "parent", "link", "place") ON true LEFT JOIN "udal_documents" ON "id" = CASE WHEN e."state" = ANY ($18) THEN e."record" END;
-- $1 bigint: 0
-- $2 text: "Invoice/1"
-- $3 text: "Invoice"
-- $4 bigint[]: [0,0]
-- $5 text[]: ["customer","from"]
-- $6 text[]: ["Invoice/","Invoice/"]
-- $7 bigint[]: [1,2]
-- $8 bigint[]: [1,0]
-- $9 bigint[]: [0,1]
-- $10 bigint[]: [0]
-- $11 text[]: ["copies"]
-- $12 text[]: ["Invoice/"]
-- $13 bigint[]: [0]
-- $14 bigint[]: [2]
-- $15 bigint[]: [1]
-- $16 bigint: 101
-- $17 bigint: 5
-- $18 bigint[]: [1,2]
