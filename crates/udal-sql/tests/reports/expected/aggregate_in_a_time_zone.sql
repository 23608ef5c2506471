SELECT "answer"."hour", "answer"."day", "answer"."week", "answer"."quarter", "answer"."year"
FROM (SELECT date_trunc('hour', "taken_at", $1) AS "hour", ("taken_at" AT TIME ZONE $2)::date AS "day", date_trunc('week', "taken_at" AT TIME ZONE $3)::date AS "week", date_trunc('quarter', "day"::timestamp)::date AS "quarter", date_trunc('year', "taken_at" AT TIME ZONE $4)::date AS "year" FROM "lab_result" WHERE true GROUP BY 1, 2, 3, 4, 5) AS "answer"
ORDER BY "answer"."hour", "answer"."day", "answer"."week", "answer"."quarter" NULLS FIRST, "answer"."year"
LIMIT $5;
-- $1 text: "Europe/Berlin"
-- $2 text: "Europe/Berlin"
-- $3 text: "Europe/Berlin"
-- $4 text: "Europe/Berlin"
-- $5 bigint: 5
