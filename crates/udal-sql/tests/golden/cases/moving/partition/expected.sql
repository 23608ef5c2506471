SELECT c.relname::text, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false)
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass($1)
WHERE c.relkind = 'r' AND c.oid = to_regclass($2);
-- $1 text: "\"shifts\""
-- $2 text: "\"shifts__p20241231\""

CREATE TABLE IF NOT EXISTS "shifts__p20241231" (LIKE "shifts" INCLUDING ALL) WITH (fillfactor = 90);

ALTER TABLE "shifts" ATTACH PARTITION "shifts__p20241231" FOR VALUES
FROM ('2024-12-31') TO ('2025-01-01');
