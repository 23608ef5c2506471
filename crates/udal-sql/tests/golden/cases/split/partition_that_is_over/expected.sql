SELECT 1
FROM "readings__p2024_12"
LIMIT 1;

SELECT 1
WHERE to_regclass($1) IS NOT NULL;
-- $1 text: "\"readings__old2024_12_2\""

ALTER TABLE "readings" DETACH PARTITION "readings__p2024_12" CONCURRENTLY;

ALTER TABLE "readings" DETACH PARTITION "readings__p2024_12";

ALTER TABLE "readings" DETACH PARTITION "readings__p2024_12" FINALIZE;

LOCK TABLE "readings__p2024_12" IN ACCESS EXCLUSIVE MODE;

DELETE
FROM "readings__ids" i USING "readings__p2024_12" p
WHERE i."id" = p."id" AND i."created_at" = p."created_at";

DROP TABLE "readings__p2024_12";

DELETE
FROM "readings__ids" i USING "readings__p2024_12" p
WHERE i."id" = p."id" AND i."created_at" = p."created_at";

ALTER TABLE "readings__p2024_12" RENAME TO "readings__old2024_12_2";

DROP TABLE "readings__p2024_12";
