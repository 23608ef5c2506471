-- split-table:lab.Reading: by hand, no writes before: the table has the partition `readings__p2024`, which is not of the model's `partition_interval`;

ALTER TABLE "readings" RENAME TO "readings__old";

-- check-words:lab.Reading.kind: later;

-- slow: ALTER TABLE "readings__p2024" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- slow: ALTER TABLE "readings" VALIDATE CONSTRAINT "readings_kind_words_c4d3f500_872b9669";

-- make-index:lab.Reading.readings_created_at_50e67a48: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_created_at_8501aae6" ON "readings__p2024" USING brin ("created_at") WITH (autosummarize = on);

ALTER INDEX "readings_created_at_50e67a48" ATTACH PARTITION "readings__p2024_created_at_8501aae6";

-- make-index:lab.Reading.readings_owned_by_ecd1d0db: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_owned_by_cf31c1c1" ON "readings__p2024" ("owned_by");

ALTER INDEX "readings_owned_by_ecd1d0db" ATTACH PARTITION "readings__p2024_owned_by_cf31c1c1";

-- make-index:lab.Reading.readings_assigned_to_360867cc: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_assigned_to_62eceb92" ON "readings__p2024" USING gin ("assigned_to");

ALTER INDEX "readings_assigned_to_360867cc" ATTACH PARTITION "readings__p2024_assigned_to_62eceb92";

-- make-index:lab.Reading.readings_team_id_ac588267: later;

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_team_id_6a288981" ON "readings__p2024" ("team_id");

ALTER INDEX "readings_team_id_ac588267" ATTACH PARTITION "readings__p2024_team_id_6a288981";

-- make-index:lab.Reading.readings_flags_84f9687b: later;

CREATE INDEX IF NOT EXISTS "readings_flags_84f9687b" ON ONLY "readings" USING gin ("flags");

-- alone: CREATE INDEX CONCURRENTLY IF NOT EXISTS "readings__p2024_flags_7cec2355" ON "readings__p2024" USING gin ("flags");

ALTER INDEX "readings_flags_84f9687b" ATTACH PARTITION "readings__p2024_flags_7cec2355";

-- set-storage:lab.Reading: later;

ALTER TABLE "readings__p2024"
SET (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
