SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND true
AND ((("body"->>'rate')::double precision < $2 OR ("body"->>'rate')::double precision IS NULL) OR (("body"->>'rate')::double precision = $3 AND ("body"->>'number') COLLATE "C" > $4) OR (("body"->>'rate')::double precision = $5 AND "body" @> $6 AND "id" > $7))
ORDER BY ("body"->>'rate')::double precision DESC NULLS LAST, ("body"->>'number') COLLATE "C", "id"
LIMIT $8;
-- $1 text: "Invoice"
-- $2 double precision: 0.5
-- $3 double precision: 0.5
-- $4 text: "n"
-- $5 double precision: 0.5
-- $6 jsonb: {"number":"n"}
-- $7 text: "Invoice/7"
-- $8 bigint: 6
