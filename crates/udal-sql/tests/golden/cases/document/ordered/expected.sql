SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND true
ORDER BY ("body"->>'total')::numeric DESC NULLS LAST, ("body"->>'sent_at') COLLATE "C" NULLS FIRST, ("body"->>'quantity')::bigint, ("body"->>'number') COLLATE "C" DESC, "id"
LIMIT $2 OFFSET $3;
-- $1 text: "Invoice"
-- $2 bigint: 6
-- $3 bigint: 20
