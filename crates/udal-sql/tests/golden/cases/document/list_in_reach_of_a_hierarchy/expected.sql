SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1
AND ("owned_by" = $2 OR "assigned_to" @> $3 OR "owned_by" = ANY ($4))
ORDER BY "id"
LIMIT $5;
-- $1 text: "Invoice"
-- $2 text: "ann"
-- $3 text[]: ["ann"]
-- $4 text[]: ["bob","cid"]
-- $5 bigint: 11
