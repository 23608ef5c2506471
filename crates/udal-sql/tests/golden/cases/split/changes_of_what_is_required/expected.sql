-- check-words:lab.Reading.kind: later;

-- slow: ALTER TABLE "readings__p2024_01" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings__p2024_02" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings__p2024_03" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- require:lab.Reading.kind: if allowed: `kind` is required, and the column takes records without it;

ALTER TABLE "readings" ADD CONSTRAINT "readings_kind_value_4d44ae14" CHECK ("kind" IS NOT NULL) NOT VALID;

SELECT pg_relation_size('"readings__p2024_01"'::regclass) / current_setting('block_size')::bigint;

UPDATE "readings__p2024_01"
SET "kind" = 'ph'::text
WHERE "kind" IS NULL AND ctid >= '(0,0)'::tid AND ctid < '(1000,0)'::tid;

-- fill: UPDATE "readings__p2024_01"
SET "kind" = 'ph'::text
WHERE "kind" IS NULL;

SELECT pg_relation_size('"readings__p2024_02"'::regclass) / current_setting('block_size')::bigint;

UPDATE "readings__p2024_02"
SET "kind" = 'ph'::text
WHERE "kind" IS NULL AND ctid >= '(0,0)'::tid AND ctid < '(1000,0)'::tid;

-- fill: UPDATE "readings__p2024_02"
SET "kind" = 'ph'::text
WHERE "kind" IS NULL;

SELECT pg_relation_size('"readings__p2024_03"'::regclass) / current_setting('block_size')::bigint;

UPDATE "readings__p2024_03"
SET "kind" = 'ph'::text
WHERE "kind" IS NULL AND ctid >= '(0,0)'::tid AND ctid < '(1000,0)'::tid;

-- fill: UPDATE "readings__p2024_03"
SET "kind" = 'ph'::text
WHERE "kind" IS NULL;

-- slow: ALTER TABLE "readings__p2024_01" VALIDATE CONSTRAINT "readings_kind_value_4d44ae14";

-- slow: ALTER TABLE "readings__p2024_02" VALIDATE CONSTRAINT "readings_kind_value_4d44ae14";

-- slow: ALTER TABLE "readings__p2024_03" VALIDATE CONSTRAINT "readings_kind_value_4d44ae14";

-- slow: ALTER TABLE "readings" VALIDATE CONSTRAINT "readings_kind_value_4d44ae14";

ALTER TABLE "readings" ALTER COLUMN "kind"
SET NOT NULL;

ALTER TABLE "readings" DROP CONSTRAINT "readings_kind_value_4d44ae14";

-- make-index:lab.Reading.readings_flags_84f9687b: later;

CREATE INDEX IF NOT EXISTS "readings_flags_84f9687b" ON ONLY "readings" USING gin ("flags");

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_01_flags_660d50bb" ON "readings__p2024_01" USING gin ("flags");

ALTER INDEX "readings_flags_84f9687b" ATTACH PARTITION "readings__p2024_01_flags_660d50bb";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_02_flags_a303ca7a" ON "readings__p2024_02" USING gin ("flags");

ALTER INDEX "readings_flags_84f9687b" ATTACH PARTITION "readings__p2024_02_flags_a303ca7a";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_03_flags_7ea227d5" ON "readings__p2024_03" USING gin ("flags");

ALTER INDEX "readings_flags_84f9687b" ATTACH PARTITION "readings__p2024_03_flags_7ea227d5";
