-- set-storage:shop.Invoice: later;

ALTER TABLE "invoices"
SET (fillfactor = 90);
