SELECT 1
FROM "shifts__p20240229"
LIMIT 1;

SELECT 1
WHERE to_regclass($1) IS NOT NULL;
-- $1 text: "\"shifts__old20240229_2\""

ALTER TABLE "shifts" DETACH PARTITION "shifts__p20240229" CONCURRENTLY;

ALTER TABLE "shifts" DETACH PARTITION "shifts__p20240229";

ALTER TABLE "shifts" DETACH PARTITION "shifts__p20240229" FINALIZE;

LOCK TABLE "shifts__p20240229" IN ACCESS EXCLUSIVE MODE;

DELETE
FROM "shifts__ids" i USING "shifts__p20240229" p
WHERE i."id" = p."id" AND i."day" = p."day";

DROP TABLE "shifts__p20240229";

DELETE
FROM "shifts__ids" i USING "shifts__p20240229" p
WHERE i."id" = p."id" AND i."day" = p."day";

ALTER TABLE "shifts__p20240229" RENAME TO "shifts__old20240229_2";

DROP TABLE "shifts__p20240229";
