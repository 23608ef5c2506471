SELECT 1
FROM pg_inherits
WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2);
-- $1 text: "\"shifts__p20241231\""
-- $2 text: "\"shifts\""

CREATE TABLE IF NOT EXISTS "shifts__p20241231" (LIKE "shifts" INCLUDING ALL) WITH (fillfactor = 90);

ALTER TABLE "shifts" ATTACH PARTITION "shifts__p20241231" FOR VALUES
FROM ('2024-12-31') TO ('2025-01-01');
