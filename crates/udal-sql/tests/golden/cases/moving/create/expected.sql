CREATE TABLE IF NOT EXISTS "shifts" ("id" text COLLATE "C" NOT NULL, "version" bigint NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "created_by" text COLLATE "C", "owned_by" text COLLATE "C", "assigned_to" text[] COLLATE "C", "team_id" text COLLATE "C", "day" date NOT NULL, "note" text COLLATE "C", PRIMARY KEY ("id", "day")) PARTITION BY RANGE ("day");

CREATE TABLE IF NOT EXISTS "shifts__ids" ("id" text COLLATE "C" PRIMARY KEY, "day" date NOT NULL);

CREATE INDEX IF NOT EXISTS "shifts_owned_by_a1078f97" ON "shifts" ("owned_by");

CREATE INDEX IF NOT EXISTS "shifts_assigned_to_dd51b168" ON "shifts" USING gin ("assigned_to");

CREATE INDEX IF NOT EXISTS "shifts_team_id_9bc92ac3" ON "shifts" ("team_id");
