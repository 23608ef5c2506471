WITH i AS (INSERT INTO "readings__ids" ("id", "created_at") VALUES ($1, $2)
ON CONFLICT DO NOTHING
RETURNING 1)
INSERT INTO "readings" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags")
SELECT $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
FROM i;
-- $1 text: "Reading/1"
-- $2 timestamptz: "2024-02-29T12:00:00Z"
-- $3 text: "Reading/1"
-- $4 bigint: 1
-- $5 timestamptz: "2024-02-29T12:00:00Z"
-- $6 timestamptz: "2024-01-01T00:00:00Z"
-- $7 text: NULL
-- $8 text: NULL
-- $9 text[]: NULL
-- $10 text: NULL
-- $11 text: "ph"
-- $12 double precision: NULL
-- $13 text[]: NULL

COPY "readings" ("id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "kind", "value", "flags")
FROM STDIN (FORMAT binary);

COPY "readings__ids" ("id", "created_at")
FROM STDIN (FORMAT binary);
