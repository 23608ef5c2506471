-- split-table:lab.Reading: by hand, no writes before: the table is not partitioned, the model is, by `created_at`;

ALTER TABLE "readings" RENAME TO "readings__old";

-- check-words:lab.Reading.kind: later;

-- slow: ALTER TABLE "readings" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- make-index:lab.Reading.readings_flags_84f9687b: later;

-- alone: DROP INDEX CONCURRENTLY IF EXISTS "readings_flags_84f9687b";

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings_flags_84f9687b" ON "readings" USING gin ("flags");
