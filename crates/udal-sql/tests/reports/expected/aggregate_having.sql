SELECT "answer"."kind", "answer"."month", "answer"."count", "answer"."avg_value", "answer"."sum"::text
FROM (SELECT "kind" AS "kind", date_trunc('month', "taken_at" AT TIME ZONE interval '0')::date AS "month", count(*) AS "count", avg("value") AS "avg_value", sum("price") AS "sum" FROM "lab_result" WHERE true GROUP BY 1, 2) AS "answer"
WHERE "answer"."sum" >= $1
ORDER BY "answer"."sum" DESC NULLS LAST, "answer"."kind", "answer"."month"
LIMIT $2;
-- $1 numeric: "1.5"
-- $2 bigint: 1000001
