SELECT "answer"."price", "answer"."before"
FROM (SELECT $1 AS "price", lag("value", $2::integer) OVER (ORDER BY "id") AS "before", "id" AS "$id" FROM "lab_result" WHERE "owned_by" = $3) AS "answer"
ORDER BY "answer"."$id"
LIMIT $4;
-- $1 text: "***"
-- $2 bigint: 2
-- $3 text: "jane"
-- $4 bigint: 9
