SELECT count(*)
FROM "invoices"
WHERE false;
