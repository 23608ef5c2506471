SELECT "answer"."kind", "answer"."price"::text, "answer"."rank"
FROM (SELECT "kind" AS "kind", "price" AS "price", rank() OVER (PARTITION BY "kind" ORDER BY "value" DESC NULLS LAST) AS "rank", "id" AS "$id" FROM "lab_result" WHERE true) AS "answer"
WHERE "answer"."rank" <= $1
ORDER BY "answer"."kind", "answer"."rank", "answer"."$id"
LIMIT $2;
-- $1 bigint: 3
-- $2 bigint: 1000001
