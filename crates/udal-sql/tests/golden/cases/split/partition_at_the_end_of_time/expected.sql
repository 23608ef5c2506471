SELECT 1
FROM pg_inherits
WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2);
-- $1 text: "\"readings__p9999_12\""
-- $2 text: "\"readings\""

CREATE TABLE IF NOT EXISTS "readings__p9999_12" (LIKE "readings" INCLUDING ALL) WITH (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

ALTER TABLE "readings" ATTACH PARTITION "readings__p9999_12" FOR VALUES
FROM ('9999-12-01 00:00:00+00') TO (MAXVALUE);
