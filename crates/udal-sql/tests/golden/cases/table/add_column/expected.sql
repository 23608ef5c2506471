SELECT 1
WHERE to_regclass($1) IS NOT NULL;
-- $1 text: "\"invoices\""

ALTER TABLE "invoices" ADD COLUMN IF NOT EXISTS "status" text COLLATE "C";

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_status_words_b9225543_2c5968be" CHECK ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[])) NOT VALID;
