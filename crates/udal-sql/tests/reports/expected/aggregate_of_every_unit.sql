SELECT "answer"."hour", "answer"."day", "answer"."week", "answer"."quarter", "answer"."year", "answer"."n"
FROM (SELECT date_trunc('hour', "taken_at", $1) AS "hour", ("taken_at" AT TIME ZONE interval '0')::date AS "day", date_trunc('week', "taken_at" AT TIME ZONE interval '0')::date AS "week", date_trunc('quarter', "day"::timestamp)::date AS "quarter", date_trunc('year', "taken_at" AT TIME ZONE interval '0')::date AS "year", count(*) AS "n" FROM "lab_result" WHERE true GROUP BY 1, 2, 3, 4, 5) AS "answer"
ORDER BY "answer"."hour", "answer"."day", "answer"."week", "answer"."quarter" NULLS FIRST, "answer"."year"
LIMIT $2;
-- $1 text: "UTC"
-- $2 bigint: 1000001
