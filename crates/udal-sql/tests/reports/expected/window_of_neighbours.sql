SELECT "answer"."id", "answer"."near", "answer"."equal"::text, "answer"."n"
FROM (SELECT "id" AS "id", avg("value") OVER (ORDER BY "taken_at", "id" ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) AS "near", sum("count") OVER (ORDER BY "day" NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "equal", ntile($2::integer) OVER (ORDER BY "id")::bigint AS "n" FROM "lab_result" WHERE true) AS "answer"
LIMIT $3;
-- $1 bigint: 6
-- $2 bigint: 4
-- $3 bigint: 1000001
