WITH "found" AS (SELECT date_trunc('week', "day"::timestamp)::date AS "w", sum("count") AS "s", dense_rank() OVER () AS "$of"
FROM "lab_result"
WHERE true GROUP BY 1), "times" AS (SELECT generate_series(min("w")::timestamp, max("w")::timestamp, interval '7 days')::date AS "w"
FROM "found"), "others" AS (SELECT DISTINCT ON ("$of") "$of"
FROM "found")
SELECT "answer"."w", "answer"."s"::text
FROM (SELECT "times"."w", "found"."s" AS "s"
FROM "others" CROSS JOIN "times" LEFT JOIN "found" ON "found"."$of" = "others"."$of" AND "found"."w" = "times"."w" UNION ALL
SELECT "found"."w", "found"."s"
FROM "found"
WHERE "found"."w" IS NULL) AS "answer"
ORDER BY "answer"."w" NULLS FIRST
LIMIT $1;
-- $1 bigint: 1000001
