SELECT "answer"."kind", "answer"."month", "answer"."count", "answer"."avg_value"
FROM (SELECT "kind" AS "kind", date_trunc('month', "taken_at" AT TIME ZONE interval '0')::date AS "month", count(*) AS "count", avg("value") AS "avg_value" FROM "lab_result" WHERE ("owned_by" = $1 AND "status" = $2) GROUP BY 1, 2) AS "answer"
ORDER BY "answer"."kind", "answer"."month"
LIMIT $3;
-- $1 text: "jane"
-- $2 text: "final"
-- $3 bigint: 1000001
