SELECT count(*)
FROM "invoices"
WHERE ("order" IS NULL OR "tags" IS NULL OR "extra" IS NULL OR "steps" IS NULL OR "team_id" IS NULL);
