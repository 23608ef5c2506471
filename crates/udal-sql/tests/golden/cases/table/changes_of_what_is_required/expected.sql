-- require:shop.Invoice.number: if allowed: `number` is required, and the column takes records without it;

-- unless:
SELECT 1
FROM "invoices"
WHERE "number" IS NULL
LIMIT 1;

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_number_value_455dee34" CHECK ("number" IS NOT NULL) NOT VALID;

-- slow: ALTER TABLE "invoices" VALIDATE CONSTRAINT "invoices_number_value_455dee34";

ALTER TABLE "invoices" ALTER COLUMN "number"
SET NOT NULL;

ALTER TABLE "invoices" DROP CONSTRAINT "invoices_number_value_455dee34";

-- require:shop.Invoice.quantity: if allowed: `quantity` is required, and the column takes records without it;

ALTER TABLE "invoices" ADD CONSTRAINT "invoices_quantity_value_d52c9b44" CHECK ("quantity" IS NOT NULL) NOT VALID;

SELECT pg_relation_size('"invoices"'::regclass) / current_setting('block_size')::bigint;

UPDATE "invoices"
SET "quantity" = '0'::bigint
WHERE "quantity" IS NULL AND ctid >= '(0,0)'::tid AND ctid < '(1000,0)'::tid;

-- fill: UPDATE "invoices"
SET "quantity" = '0'::bigint
WHERE "quantity" IS NULL;

-- slow: ALTER TABLE "invoices" VALIDATE CONSTRAINT "invoices_quantity_value_d52c9b44";

ALTER TABLE "invoices" ALTER COLUMN "quantity"
SET NOT NULL;

ALTER TABLE "invoices" DROP CONSTRAINT "invoices_quantity_value_d52c9b44";
