CREATE TEMP TABLE "udal_stage" ON COMMIT DROP AS
SELECT "id", "version", "value", "created_at" AS "key$"
FROM "readings" WITH NO DATA;

COPY pg_temp."udal_stage"
FROM STDIN (FORMAT binary);

UPDATE "readings" AS "t$"
SET "version" = "s$"."version", "value" = "s$"."value"
FROM pg_temp."udal_stage" AS "s$"
WHERE "t$"."id" = "s$"."id" AND "t$"."created_at" = "s$"."key$" AND "t$"."created_at" >= $1 AND "t$"."created_at" <= $2;
-- $1 timestamptz: "2024-01-01T00:00:00Z"
-- $2 timestamptz: "2024-02-29T12:00:00Z"

DROP TABLE pg_temp."udal_stage";
