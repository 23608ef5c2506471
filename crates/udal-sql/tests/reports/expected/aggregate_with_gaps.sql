WITH "found" AS (SELECT "kind" AS "kind", date_trunc('month', "taken_at" AT TIME ZONE interval '0')::date AS "month", count(*) AS "count", avg("value") AS "avg_value", dense_rank() OVER (ORDER BY "kind") AS "$of"
FROM "lab_result"
WHERE true GROUP BY 1, 2), "times" AS (SELECT generate_series(min("month")::timestamp, max("month")::timestamp, interval '1 month')::date AS "month"
FROM "found"), "others" AS (SELECT DISTINCT ON ("$of") "$of", "kind"
FROM "found")
SELECT "answer"."kind", "answer"."month", "answer"."count", "answer"."avg_value"
FROM (SELECT "others"."kind", "times"."month", coalesce("found"."count", 0) AS "count", "found"."avg_value" AS "avg_value"
FROM "others" CROSS JOIN "times" LEFT JOIN "found" ON "found"."$of" = "others"."$of" AND "found"."month" = "times"."month") AS "answer"
ORDER BY "answer"."kind", "answer"."month"
LIMIT $1;
-- $1 bigint: 1000001
