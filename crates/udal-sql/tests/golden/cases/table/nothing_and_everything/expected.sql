SELECT count(*)
FROM "invoices"
WHERE (false AND true);
