SELECT "r"."id", $1, "s"."barcode"
FROM (SELECT "id", "sample", "kind" FROM "lab_result" WHERE "owned_by" = $2) AS "r" LEFT JOIN (SELECT "id", "barcode", "tags" FROM "lab_sample" WHERE false) AS "s" ON "r"."sample" = "s"."id"
WHERE ("r"."kind" = $3 AND "s"."tags" @> $4)
LIMIT $5;
-- $1 text: "***"
-- $2 text: "jane"
-- $3 text: "ph"
-- $4 text[]: ["x"]
-- $5 bigint: 1000001
