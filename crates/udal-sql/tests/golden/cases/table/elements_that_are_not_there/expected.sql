SELECT count(*)
FROM "invoices"
WHERE (("tags" IS NULL OR NOT ("tags" @> $1)) OR ("assigned_to" IS NULL OR NOT ("assigned_to" @> $2)));
-- $1 text[]: ["a"]
-- $2 text[]: ["ann"]
