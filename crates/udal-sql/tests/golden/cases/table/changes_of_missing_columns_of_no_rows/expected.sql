-- add-column:shop.Invoice.quantity: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "quantity" bigint NOT NULL;

-- add-column:shop.Invoice.customer: at once;

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "customer" text COLLATE "C";

-- make-index:shop.Invoice.invoices_customer_4db2db5f: at once;

CREATE INDEX IF NOT EXISTS "invoices_customer_4db2db5f" ON "invoices" ("customer");
