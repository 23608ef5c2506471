SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE true
AND (("rate" < $1 OR "rate" IS NULL) OR ("rate" = $2 AND "number" > $3) OR ("rate" = $4 AND "number" = $5 AND "id" > $6))
ORDER BY "rate" DESC NULLS LAST, "number", "id"
LIMIT $7;
-- $1 double precision: 0.5
-- $2 double precision: 0.5
-- $3 text: "n"
-- $4 double precision: 0.5
-- $5 text: "n"
-- $6 text: "Invoice/7"
-- $7 bigint: 6
