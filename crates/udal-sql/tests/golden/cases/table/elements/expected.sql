SELECT count(*)
FROM "invoices"
WHERE ("tags" @> $1 OR "amounts" @> $2 OR "steps" @> $3 OR "assigned_to" @> $4);
-- $1 text[]: ["a'b"]
-- $2 numeric[]: ["1.5"]
-- $3 timestamptz[]: ["2024-01-01T00:00:00Z"]
-- $4 text[]: ["ann"]
