-- check-words:lab.Reading.kind: later;

-- slow: ALTER TABLE "readings__p2024_01" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings__p2024_02" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings__p2024_03" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- make-index:lab.Reading.readings_flags_84f9687b: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_02_flags_a303ca7a" ON "readings__p2024_02" USING gin ("flags");

ALTER INDEX "readings_flags_84f9687b" ATTACH PARTITION "readings__p2024_02_flags_a303ca7a";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_03_flags_7ea227d5" ON "readings__p2024_03" USING gin ("flags");

ALTER INDEX "readings_flags_84f9687b" ATTACH PARTITION "readings__p2024_03_flags_7ea227d5";
