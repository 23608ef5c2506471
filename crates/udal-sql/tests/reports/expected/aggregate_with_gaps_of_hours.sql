WITH "found" AS (SELECT date_trunc('hour', "taken_at", $1) AS "hour", count(*) AS "n", dense_rank() OVER () AS "$of"
FROM "lab_result"
WHERE true GROUP BY 1), "times" AS (SELECT date_trunc('hour', generate_series(min("hour"), max("hour"), interval '1 hour'), $2) AS "hour"
FROM "found" UNION
SELECT "hour"
FROM "found"
WHERE "hour" IS NOT NULL), "others" AS (SELECT DISTINCT ON ("$of") "$of"
FROM "found")
SELECT "answer"."hour", "answer"."n"
FROM (SELECT "times"."hour", coalesce("found"."n", 0) AS "n"
FROM "others" CROSS JOIN "times" LEFT JOIN "found" ON "found"."$of" = "others"."$of" AND "found"."hour" = "times"."hour") AS "answer"
ORDER BY "answer"."hour"
LIMIT $3;
-- $1 text: "UTC"
-- $2 text: "UTC"
-- $3 bigint: 1000001
