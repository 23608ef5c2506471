-- make-index:shop.Invoice.invoices_team_id_57f4c4fa: by hand: another session makes it on `invoices` now;

-- alone: DROP INDEX CONCURRENTLY IF EXISTS "invoices_team_id_57f4c4fa";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_team_id_57f4c4fa" ON "invoices" ("team_id");

-- make-index:shop.Invoice.invoices_tags_2566c6ce: later;

-- alone: DROP INDEX CONCURRENTLY IF EXISTS "invoices_tags_2566c6ce";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_tags_2566c6ce" ON "invoices" USING gin ("tags");

-- make-index:shop.Invoice.invoices_amounts_5757a9b4: later;

-- alone: DROP INDEX CONCURRENTLY IF EXISTS "invoices_amounts_5757a9b4";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_amounts_5757a9b4" ON "invoices" USING gin ("amounts");

-- make-index:shop.Invoice.invoices_status_due_id_24dd38c4: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "invoices_status_due_id_24dd38c4" ON "invoices" ("status" NULLS FIRST, "due" NULLS FIRST, "id");
