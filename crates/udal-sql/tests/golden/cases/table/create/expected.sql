CREATE TABLE IF NOT EXISTS "invoices" ("id" text COLLATE "C" NOT NULL, "version" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "created_by" text COLLATE "C", "owned_by" text COLLATE "C", "assigned_to" text[] COLLATE "C", "team_id" text COLLATE "C", "number" text COLLATE "C" NOT NULL, "order" text COLLATE "C", "quantity" bigint NOT NULL, "rate" double precision, "paid" boolean, "sent_at" timestamptz, "due" date, "total" numeric, "status" text COLLATE "C" CONSTRAINT "invoices_status_words_b9225543_2c5968be" CHECK ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[])), "extra" jsonb, "tags" text[] COLLATE "C", "amounts" numeric[], "steps" timestamptz[], "customer" text COLLATE "C", "from" text COLLATE "C", PRIMARY KEY ("id")) WITH (fillfactor = 90);

CREATE INDEX IF NOT EXISTS "invoices_owned_by_3dd8e850" ON "invoices" ("owned_by");

CREATE INDEX IF NOT EXISTS "invoices_assigned_to_279269cd" ON "invoices" USING gin ("assigned_to");

CREATE INDEX IF NOT EXISTS "invoices_team_id_57f4c4fa" ON "invoices" ("team_id");

CREATE INDEX IF NOT EXISTS "invoices_tags_2566c6ce" ON "invoices" USING gin ("tags");

CREATE INDEX IF NOT EXISTS "invoices_amounts_5757a9b4" ON "invoices" USING gin ("amounts");

CREATE INDEX IF NOT EXISTS "invoices_customer_4db2db5f" ON "invoices" ("customer");

CREATE INDEX IF NOT EXISTS "invoices_from_64e95f97" ON "invoices" ("from");

CREATE INDEX IF NOT EXISTS "invoices_status_due_id_24dd38c4" ON "invoices" ("status" NULLS FIRST, "due" NULLS FIRST, "id");

CREATE INDEX IF NOT EXISTS "invoices_order_id_5ae287fb" ON "invoices" ("order" NULLS FIRST, "id");

CREATE INDEX IF NOT EXISTS "invoices_steps_f4df6e5e" ON "invoices" USING gin ("steps");
