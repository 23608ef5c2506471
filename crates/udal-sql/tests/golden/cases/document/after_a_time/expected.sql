SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND true
AND ((("body"->>'sent_at') COLLATE "C" < $2 OR ("body"->>'sent_at') COLLATE "C" IS NULL) OR ("body" @> $3 AND "id" > $4))
ORDER BY ("body"->>'sent_at') COLLATE "C" DESC NULLS LAST, "id"
LIMIT $5;
-- $1 text: "Invoice"
-- $2 text: "2024-01-01T00:00:00.000000Z"
-- $3 jsonb: {"sent_at":"2024-01-01T00:00:00.000000Z"}
-- $4 text: "Invoice/7"
-- $5 bigint: 6
