SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1
AND ("body" @> $2 OR "body" @> $3 OR "body" @> $4 OR ("body"->>'rate')::double precision = $5 OR "body" @> $6 OR "body" @> $7 OR "body" @> $8 OR ("body"->>'total')::numeric = $9 OR "body" @> $10 OR "body" @> $11 OR "owned_by" = $12 OR "created_at" = $13 OR "version" = $14)
ORDER BY "id"
LIMIT $15;
-- $1 text: "Invoice"
-- $2 jsonb: {"number":"a\"b"}
-- $3 jsonb: {"order":"x"}
-- $4 jsonb: {"quantity":5}
-- $5 double precision: 0.5
-- $6 jsonb: {"paid":true}
-- $7 jsonb: {"sent_at":"2024-01-01T00:00:00.000000Z"}
-- $8 jsonb: {"due":"2024-01-01"}
-- $9 numeric: "1.5"
-- $10 jsonb: {"status":"it's void"}
-- $11 jsonb: {"customer":"Customer/1"}
-- $12 text: "ann"
-- $13 timestamptz: "2024-01-01T00:00:00Z"
-- $14 bigint: 2
-- $15 bigint: 11
