CREATE TABLE IF NOT EXISTS "readings" ("id" text COLLATE "C" NOT NULL, "version" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "created_by" text COLLATE "C", "owned_by" text COLLATE "C", "assigned_to" text[] COLLATE "C", "team_id" text COLLATE "C", "kind" text COLLATE "C" NOT NULL CONSTRAINT "readings_kind_words_c4d3f500_872b9669" CHECK ("kind" = ANY (ARRAY['ph', 'glucose']::text[])), "value" double precision, "flags" text[] COLLATE "C", PRIMARY KEY ("id", "created_at")) PARTITION BY RANGE ("created_at");

CREATE TABLE IF NOT EXISTS "readings__ids" ("id" text COLLATE "C" PRIMARY KEY, "created_at" timestamptz NOT NULL);

CREATE INDEX IF NOT EXISTS "readings_created_at_50e67a48" ON "readings" USING brin ("created_at") WITH (autosummarize = on);

CREATE INDEX IF NOT EXISTS "readings_owned_by_ecd1d0db" ON "readings" ("owned_by");

CREATE INDEX IF NOT EXISTS "readings_assigned_to_360867cc" ON "readings" USING gin ("assigned_to");

CREATE INDEX IF NOT EXISTS "readings_team_id_ac588267" ON "readings" ("team_id");

CREATE INDEX IF NOT EXISTS "readings_flags_84f9687b" ON "readings" USING gin ("flags");
