-- narrow-words:shop.Invoice.status: if allowed: rows may hold other words;

-- unless:
SELECT 1
FROM "invoices"
WHERE NOT ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[]))
LIMIT 1;

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_status_words_b9225543_2c5968be" CHECK ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[])) NOT VALID;

-- slow: ALTER TABLE "invoices" VALIDATE CONSTRAINT "invoices_status_words_b9225543_2c5968be";
