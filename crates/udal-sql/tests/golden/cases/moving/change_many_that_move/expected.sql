CREATE TEMP TABLE "udal_stage" ON COMMIT DROP AS
SELECT "id", "version", "day", "note", "day" AS "key$"
FROM "shifts" WITH NO DATA;

COPY pg_temp."udal_stage"
FROM STDIN (FORMAT binary);

UPDATE "shifts" AS "t$"
SET "version" = "s$"."version", "day" = "s$"."day", "note" = "s$"."note"
FROM pg_temp."udal_stage" AS "s$"
WHERE "t$"."id" = "s$"."id" AND "t$"."day" = "s$"."key$" AND "t$"."day" >= $1 AND "t$"."day" <= $2;
-- $1 date: "2024-12-30"
-- $2 date: "2024-12-31"

UPDATE "shifts__ids" AS "t$"
SET "day" = "s$"."day"
FROM pg_temp."udal_stage" AS "s$"
WHERE "t$"."id" = "s$"."id" AND "s$"."day" <> "s$"."key$";

DROP TABLE pg_temp."udal_stage";
