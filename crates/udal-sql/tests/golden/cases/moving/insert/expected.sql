WITH i AS (INSERT INTO "shifts__ids" ("id", "day") VALUES ($1, $2)
ON CONFLICT DO NOTHING
RETURNING 1)
INSERT INTO "shifts" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note")
SELECT $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
FROM i;
-- $1 text: "Shift/1"
-- $2 date: "2024-12-31"
-- $3 text: "Shift/1"
-- $4 bigint: 1
-- $5 timestamptz: "2024-01-01T00:00:00Z"
-- $6 timestamptz: "2024-01-01T00:00:00Z"
-- $7 text: NULL
-- $8 text: NULL
-- $9 text[]: NULL
-- $10 text: NULL
-- $11 date: "2024-12-31"
-- $12 text: NULL

COPY "shifts" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "day", "note")
FROM STDIN (FORMAT binary);

COPY "shifts__ids" ("id", "day")
FROM STDIN (FORMAT binary);
