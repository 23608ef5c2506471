UPDATE "udal_documents"
SET "version" = "version" + 1, "owned_by" = $1, "assigned_to" = $2, "body" = ("body" || $3) - $4
WHERE "id" = $5 AND "model" = $6 AND true
RETURNING "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body";
-- $1 text: "bob"
-- $2 text[]: NULL
-- $3 jsonb: {"number":"n","sent_at":"2024-01-01T00:00:00.000000Z","total":"2.5"}
-- $4 text[]: ["order","tags"]
-- $5 text: "Invoice/1"
-- $6 text: "Invoice"
