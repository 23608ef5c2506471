SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND true
AND (("body"->>'sent_at') COLLATE "C" IS NOT NULL OR (("body"->>'sent_at') COLLATE "C" IS NULL AND false) OR (("body"->>'sent_at') COLLATE "C" IS NULL AND ("body"->>'total')::numeric IS NULL AND "id" > $2))
ORDER BY ("body"->>'sent_at') COLLATE "C" NULLS FIRST, ("body"->>'total')::numeric DESC NULLS LAST, "id"
LIMIT $3;
-- $1 text: "Invoice"
-- $2 text: "Invoice/7"
-- $3 bigint: 6
