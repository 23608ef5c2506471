SELECT "r"."id", $1, "s"."barcode"
FROM (SELECT "id", "sample", "kind" FROM "lab_result" WHERE ("owned_by" = $2 AND "kind" = $3)) AS "r" LEFT JOIN (SELECT "id", "barcode", "tags" FROM "lab_sample" WHERE false) AS "s" ON "r"."sample" = "s"."id"
WHERE ("r"."kind" = $4 AND "s"."tags" @> $5)
LIMIT $6;
-- $1 text: "***"
-- $2 text: "jane"
-- $3 text: "ph"
-- $4 text: "ph"
-- $5 text[]: ["x"]
-- $6 bigint: 1000001
