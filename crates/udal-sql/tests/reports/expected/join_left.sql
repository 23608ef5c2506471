SELECT "r"."id", "r"."price"::text, "s"."barcode"
FROM (SELECT "id", "sample", "price", "kind" FROM "lab_result" WHERE "kind" = $1) AS "r" LEFT JOIN (SELECT "id", "barcode", "tags" FROM "lab_sample" WHERE true) AS "s" ON "r"."sample" = "s"."id"
WHERE ("r"."kind" = $2 AND "s"."tags" @> $3)
LIMIT $4;
-- $1 text: "ph"
-- $2 text: "ph"
-- $3 text[]: ["x"]
-- $4 bigint: 1000001
