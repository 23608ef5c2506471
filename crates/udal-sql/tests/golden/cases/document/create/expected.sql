CREATE TABLE IF NOT EXISTS "udal_documents" ("model" text COLLATE "C" NOT NULL, "id" text COLLATE "C" PRIMARY KEY, "version" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "created_by" text COLLATE "C", "owned_by" text COLLATE "C", "assigned_to" text[] COLLATE "C", "team_id" text COLLATE "C", "body" jsonb NOT NULL);

CREATE INDEX IF NOT EXISTS "udal_documents_model" ON "udal_documents" ("model", "id");

CREATE INDEX IF NOT EXISTS "udal_documents_owned_by" ON "udal_documents" ("owned_by");

CREATE INDEX IF NOT EXISTS "udal_documents_team_id" ON "udal_documents" ("team_id");

CREATE INDEX IF NOT EXISTS "udal_documents_assigned_to" ON "udal_documents" USING gin ("assigned_to");

CREATE INDEX IF NOT EXISTS "udal_documents_body" ON "udal_documents" USING gin ("body" jsonb_path_ops);

CREATE TABLE IF NOT EXISTS "udal_links" ("source" text COLLATE "C" NOT NULL, "field" text COLLATE "C" NOT NULL, "target" text COLLATE "C" NOT NULL, PRIMARY KEY ("source", "field", "target"));

CREATE INDEX IF NOT EXISTS "udal_links_target" ON "udal_links" ("target", "field", "source");
