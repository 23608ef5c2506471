SELECT "id", "name", "rate"::text
FROM "lab_unit"
WHERE "name" ^@ $1
LIMIT $2;
-- $1 text: "m"
-- $2 bigint: 11

SELECT "u"."rate"::text, "s"."id", "s"."version", "s"."created_at", "s"."updated_at", "s"."created_by", "s"."owned_by", "s"."assigned_to", "s"."team_id", "s"."barcode", "s"."tags"
FROM (SELECT "id", "sample", "kind", "value" FROM "lab_result" WHERE true) AS "r" LEFT JOIN (SELECT NULL::text COLLATE "C" AS "id", NULL::bigint AS "version", NULL::timestamptz AS "created_at", NULL::timestamptz AS "updated_at", NULL::text COLLATE "C" AS "created_by", NULL::text COLLATE "C" AS "owned_by", NULL::text[] COLLATE "C" AS "assigned_to", NULL::text COLLATE "C" AS "team_id", NULL::text COLLATE "C" AS "barcode", NULL::text[] COLLATE "C" AS "tags" WHERE false) AS "s" ON "r"."sample" = "s"."id" JOIN jsonb_to_recordset($1) AS "u"("id" text COLLATE "C", "name" text COLLATE "C", "rate" numeric) ON "u"."name" <= "r"."kind"
WHERE ("r"."value" > $2 AND "u"."name" ^@ $3)
ORDER BY "u"."rate" DESC NULLS LAST, "r"."id", "s"."id" NULLS FIRST, "u"."id"
LIMIT $4;
-- $1 jsonb: [{"id":"id","name":"name","rate":"rate"}]
-- $2 double precision: 1.0
-- $3 text: "m"
-- $4 bigint: 1000001
