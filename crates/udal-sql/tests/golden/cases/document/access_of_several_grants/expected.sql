SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (("owned_by" = $2 OR "assigned_to" @> $3 OR "owned_by" = ANY ($4) OR "id" = $5) AND (("body" @> $6 AND "body" @> $7) OR ("body"->>'total')::numeric = $8));
-- $1 text: "Invoice"
-- $2 text: "ann"
-- $3 text[]: ["ann"]
-- $4 text[]: ["bob","cid"]
-- $5 text: "Invoice/1"
-- $6 jsonb: {"status":"open"}
-- $7 jsonb: {"quantity":1}
-- $8 numeric: "1.1"
