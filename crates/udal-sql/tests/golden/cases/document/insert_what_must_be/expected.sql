INSERT INTO "udal_documents" ("model", "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING '{}'::text[], true;
-- $1 text: "Invoice"
-- $2 text: "Invoice/2"
-- $3 bigint: 1
-- $4 timestamptz: "2024-01-01T00:00:00Z"
-- $5 timestamptz: "2024-01-01T00:00:00Z"
-- $6 text: NULL
-- $7 text: NULL
-- $8 text[]: NULL
-- $9 text: NULL
-- $10 jsonb: {"number":"","quantity":0,"steps":[]}
