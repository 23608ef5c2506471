SELECT count(*)
FROM "invoices"
WHERE ("order" IS NOT NULL OR "tags" IS NOT NULL OR "rate" IS NOT NULL);
