SELECT c.relname::text, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false)
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass($1)
WHERE c.relkind = 'r' AND c.oid = to_regclass($2);
-- $1 text: "\"readings\""
-- $2 text: "\"readings__p2024_02\""

CREATE TABLE IF NOT EXISTS "readings__p2024_02" (LIKE "readings" INCLUDING ALL) WITH (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

ALTER TABLE "readings" ATTACH PARTITION "readings__p2024_02" FOR VALUES
FROM ('2024-02-01 00:00:00+00') TO ('2024-03-01 00:00:00+00');
