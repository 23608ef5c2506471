SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND "body" @> $2 AND "id" > $3
ORDER BY "id"
LIMIT $4;
-- $1 text: "Invoice"
-- $2 jsonb: {"paid":true}
-- $3 text: "Invoice/7"
-- $4 bigint: 6
