CREATE TEMP TABLE "udal_stage" ON COMMIT DROP AS
SELECT "id", "version", "updated_at", "order", "total", "tags"
FROM "invoices" WITH NO DATA;

COPY pg_temp."udal_stage"
FROM STDIN (FORMAT binary);

UPDATE "invoices" AS "t$"
SET "version" = "s$"."version", "updated_at" = "s$"."updated_at", "order" = "s$"."order", "total" = "s$"."total", "tags" = "s$"."tags"
FROM pg_temp."udal_stage" AS "s$"
WHERE "t$"."id" = "s$"."id";

DROP TABLE pg_temp."udal_stage";
