-- change-type:shop.Invoice.number: if allowed, no writes before: `number` is kept as `bigint`, and is declared as `str`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE (("number")::text)::bigint IS DISTINCT
FROM "number"
LIMIT 1;

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "number" DROP DEFAULT, ALTER COLUMN "number" TYPE text COLLATE "C" USING ("number")::text;

-- change-type:shop.Invoice.order: if allowed, no writes before: `order` is kept as `text[]`, and is declared as `Optional[str]`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE NULLIF(ARRAY[("order")[1]], ARRAY[NULL::text]) IS DISTINCT
FROM "order"
LIMIT 1;

-- guarded: DROP INDEX IF EXISTS "invoices_order_c6efd69d";

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "order" DROP DEFAULT, ALTER COLUMN "order" TYPE text COLLATE "C" USING ("order")[1];

-- change-type:shop.Invoice.rate: if allowed, no writes before: `rate` is kept as `numeric`, and is declared as `Optional[float]`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE (("rate")::double precision)::text::numeric IS DISTINCT
FROM "rate" OR abs(("rate")::double precision) >= 'Infinity'
LIMIT 1;

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "rate" DROP DEFAULT, ALTER COLUMN "rate" TYPE double precision USING ("rate")::double precision;

-- change-type:shop.Invoice.paid: by hand, no writes before: `paid` is kept as `date`, and is declared as `Optional[bool]`; no cast between them keeps every value;

ALTER TABLE "invoices" ALTER COLUMN "paid" TYPE boolean;

-- change-type:shop.Invoice.due: if allowed, no writes before: `due` is kept as `timestamp with time zone`, and is declared as `Optional[date]`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE (("due" AT TIME ZONE 'UTC')::date::timestamp AT TIME ZONE 'UTC') IS DISTINCT
FROM "due" OR ("due" AT TIME ZONE 'UTC')::date NOT BETWEEN '0001-01-01' AND '9999-12-31'
LIMIT 1;

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "due" DROP DEFAULT, ALTER COLUMN "due" TYPE date USING ("due" AT TIME ZONE 'UTC')::date;

-- change-type:shop.Invoice.total: if allowed, no writes before: `total` is kept as `text`, and is declared as `Optional[decimal]`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE (("total")::numeric)::text IS DISTINCT
FROM "total" OR abs(("total")::numeric) >= 'Infinity' OR length(translate((("total")::numeric)::text, '-.', '')) > '200'
LIMIT 1;

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "total" DROP DEFAULT, ALTER COLUMN "total" TYPE numeric USING ("total")::numeric;

-- change-type:shop.Invoice.status: if allowed, no writes before: `status` is kept as `bigint`, and is declared as `Optional[enum[open, paid, it's void]]`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE (("status")::text)::bigint IS DISTINCT
FROM "status"
LIMIT 1;

-- guarded: ALTER TABLE "invoices" DROP CONSTRAINT IF EXISTS "invoices_status_words_b9225543_2c5968be";

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "status" DROP DEFAULT, ALTER COLUMN "status" TYPE text COLLATE "C" USING ("status")::text, ADD CONSTRAINT "invoices_status_words_b9225543_2c5968be" CHECK ("status" = ANY (ARRAY['open', 'paid', 'it''s void']::text[]));

-- change-type:shop.Invoice.extra: by hand, no writes before: `extra` is kept as `integer`, and is declared as `Optional[json]`; no cast between them keeps every value;

ALTER TABLE "invoices" ALTER COLUMN "extra" TYPE jsonb;

-- change-type:shop.Invoice.tags: if allowed, no writes before: `tags` is kept as `text`, and is declared as `Set[str]`; the table is written anew, and nobody reads or writes it meanwhile;

-- guarded: LOCK TABLE "invoices" IN ACCESS EXCLUSIVE MODE;

-- guarded:
SELECT 1
FROM "invoices"
WHERE (NULLIF(ARRAY["tags"], ARRAY[NULL::text]))[1] IS DISTINCT
FROM "tags"
LIMIT 1;

-- guarded: DROP INDEX IF EXISTS "invoices_tags_2566c6ce";

-- guarded: ALTER TABLE "invoices" ALTER COLUMN "tags" DROP DEFAULT, ALTER COLUMN "tags" TYPE text[] COLLATE "C" USING NULLIF(ARRAY["tags"], ARRAY[NULL::text]);
