SELECT "answer"."m0", "answer"."m1", "answer"."m2"::text, "answer"."m3"::text, "answer"."m4", "answer"."m5", "answer"."m6", "answer"."m7", "answer"."m8", "answer"."m9", "answer"."m10", "answer"."m11"
FROM (SELECT count("value") AS "m0", count(DISTINCT "kind") AS "m1", sum("price") AS "m2", stddev_samp("count") AS "m3", var_samp("value") AS "m4", bool_and("is_ok") AS "m5", bool_or("is_ok") AS "m6", max("kind") AS "m7", percentile_cont($1) WITHIN GROUP (ORDER BY "count"::double precision) AS "m8", percentile_cont($2) WITHIN GROUP (ORDER BY "value") FILTER (WHERE "status" = $3) AS "m9", (array_agg("value" ORDER BY "taken_at", "id") FILTER (WHERE "value" IS NOT NULL))[1] AS "m10", (array_agg("kind" ORDER BY "taken_at" DESC, "id" DESC) FILTER (WHERE "kind" IS NOT NULL AND "value" > $4))[1] AS "m11" FROM "lab_result" WHERE true) AS "answer"
LIMIT $5;
-- $1 double precision: 0.95
-- $2 double precision: 0.5
-- $3 text: "final"
-- $4 double precision: 5.0
-- $5 bigint: 1000001
