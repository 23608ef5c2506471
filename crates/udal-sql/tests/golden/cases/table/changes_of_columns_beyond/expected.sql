-- drop-column:shop.Invoice.note: if allowed: the model has no field `note`; its values would be lost;

ALTER TABLE "invoices" DROP COLUMN IF EXISTS "note";

-- lift-not-null:shop.Invoice.must: at once;

ALTER TABLE "invoices" ALTER COLUMN "must" DROP NOT NULL;

-- drop-column:shop.Invoice.must: if allowed: the model has no field `must`; its values would be lost;

ALTER TABLE "invoices" DROP COLUMN IF EXISTS "must";

-- drop-index:shop.Invoice.invoices_note_id_0123abcd: if allowed: the model does not ask for it; what reads by it would be slow;

-- alone: DROP INDEX CONCURRENTLY IF EXISTS "invoices_note_id_0123abcd";
