-- check-words:shop.Invoice.status: later;

-- slow: ALTER TABLE "invoices" VALIDATE CONSTRAINT "invoices_status_words_b9225543_2c5968be";
