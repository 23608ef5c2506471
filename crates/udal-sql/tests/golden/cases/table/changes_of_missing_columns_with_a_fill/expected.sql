-- add-column:shop.Invoice.quantity: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "quantity" bigint NOT NULL DEFAULT '1'::bigint;

-- add-column:shop.Invoice.tags: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "tags" text[] COLLATE "C" DEFAULT ARRAY['it''s'::text]::text[];
