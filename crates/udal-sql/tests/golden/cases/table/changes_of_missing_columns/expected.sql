-- add-column:shop.Invoice.quantity: by hand, no writes before: `quantity` is required, and the rows that are there have no value for it;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "quantity" bigint NOT NULL;

-- add-column:shop.Invoice.status: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "status" text COLLATE "C";

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_status_words_b9225543_2c5968be" CHECK ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[])) NOT VALID;

-- add-column:shop.Invoice.steps: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "steps" timestamptz[];

-- add-column:shop.Invoice.customer: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "customer" text COLLATE "C";

-- make-index:shop.Invoice.invoices_customer_4db2db5f: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_customer_4db2db5f" ON "invoices" ("customer");

-- make-index:shop.Invoice.invoices_status_due_id_24dd38c4: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_status_due_id_24dd38c4" ON "invoices" ("status" NULLS FIRST, "due" NULLS FIRST, "id");

-- make-index:shop.Invoice.invoices_steps_f4df6e5e: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_steps_f4df6e5e" ON "invoices" USING gin ("steps");
