SELECT count(*)
FROM "invoices"
WHERE "order" IS NOT NULL;
