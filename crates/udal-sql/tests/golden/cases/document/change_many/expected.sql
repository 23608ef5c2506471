CREATE TEMP TABLE "udal_stage" ON COMMIT DROP AS
SELECT "id", "version", "updated_at", "owned_by", "body", NULL::text[] AS "cleared"
FROM "udal_documents" WITH NO DATA;

COPY pg_temp."udal_stage"
FROM STDIN (FORMAT binary);

UPDATE "udal_documents" AS "t$"
SET "version" = "s$"."version", "updated_at" = "s$"."updated_at", "owned_by" = "s$"."owned_by", "body" = ("t$"."body" || "s$"."body") - "s$"."cleared"
FROM pg_temp."udal_stage" AS "s$"
WHERE "t$"."id" = "s$"."id";

DELETE
FROM "udal_links"
WHERE "source" = ANY ($1) AND "field" = ANY ($2);
-- $1 text[]: ["Invoice/1"]
-- $2 text[]: ["customer","copies"]
