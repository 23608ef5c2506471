-- add-words:shop.Invoice.status: at once;

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_status_words_b9225543_0ca77a89" CHECK ("status" = ANY (ARRAY['open', 'paid', 'gone', 'it''s void']::text[])) NOT VALID;

ALTER TABLE "invoices" DROP CONSTRAINT "invoices_status_words_b9225543_0000000a";

-- narrow-words:shop.Invoice.status: if allowed: rows may hold `gone`, and an earlier release may write it;

-- unless:
SELECT 1
FROM "invoices"
WHERE NOT ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[]))
LIMIT 1;

ALTER TABLE "invoices" DROP CONSTRAINT "invoices_status_words_b9225543_0000000a";

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_status_words_b9225543_2c5968be" CHECK ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[])) NOT VALID;

-- slow: ALTER TABLE "invoices" VALIDATE CONSTRAINT "invoices_status_words_b9225543_2c5968be";
