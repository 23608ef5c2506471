COPY "udal_documents" ("model", "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body")
FROM STDIN (FORMAT binary);

COPY "udal_links" ("source", "field", "target")
FROM STDIN (FORMAT binary);
