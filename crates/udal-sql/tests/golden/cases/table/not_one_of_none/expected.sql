SELECT count(*)
FROM "invoices"
WHERE ("order" IS NULL OR "order" IS NOT NULL);
