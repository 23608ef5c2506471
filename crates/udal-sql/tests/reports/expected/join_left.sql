SELECT "r"."id", "r"."price"::text, "s"."barcode"
FROM (SELECT "id", "sample", "price", "kind" FROM "lab_result" WHERE true) AS "r" LEFT JOIN (SELECT "id", "barcode", "tags" FROM "lab_sample" WHERE true) AS "s" ON "r"."sample" = "s"."id"
WHERE ("r"."kind" = $1 AND "s"."tags" @> $2)
LIMIT $3;
-- $1 text: "ph"
-- $2 text[]: ["x"]
-- $3 bigint: 1000001
