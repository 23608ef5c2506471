SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "id" = $1 AND "model" = $2 AND true;
-- $1 text: "Invoice/'; drop table invoices; --"
-- $2 text: "Invoice"
